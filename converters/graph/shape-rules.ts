/** Rules for the types of outputs, which rows of the table of operators share, and what a rule may look at. */
import assert from 'node:assert/strict'
import { dimAdd, dimFloor, dimProduct, dimRest, sameDim } from './dims.ts'
import type { Attributes, Constant, Dim, DType, Node, TensorType } from './graph.ts'

export type AttributeKind = 'int' | 'float' | 'string' | 'ints' | 'floats'

/** What a shape rule may look at. */
export interface Call {
  /** Types of the inputs; undefined where an optional one is left out. */
  inputs: readonly (TensorType | undefined)[]
  /** Values of the inputs that are constants. */
  constants: readonly (Constant | undefined)[]
  attributes: Attributes
}

/** Writes the nodes that stand for one in an older opset; the last of them writes its outputs. */
type OlderForm = (node: Node, of: Pick<Call, 'constants'>) => readonly Node[]

export interface Operator {
  /** Least opset in which what we mean can be said; of a node, where that depends on its attributes or types. */
  since: number | ((call: Call) => number)
  /** How it is said in opsets before `below`. */
  older?: { below: number; write: OlderForm }
  /** Least and most inputs. */
  arity: readonly [number, number]
  attributes: Readonly<Record<string, AttributeKind>>
  /** The type of the output, or of each output where there are several. */
  infer: (call: Call) => TensorType | readonly TensorType[]
}

export const first = ({ inputs }: Call): TensorType => {
  const type = inputs[0]
  assert(type, 'an operator without its first input')
  return type
}

/** Integers of a constant input, such as Reshape's shape. */
export const integers = (call: Call, index: number): number[] => {
  const constant = call.constants[index]
  assert(constant, `input ${index} must be a constant`)
  return Array.from(constant.data, Number)
}

/** Integers of an input that is a constant, or lengths of open dimensions. */
const lengths = (call: Call, index: number): readonly Dim[] =>
  call.inputs[index]?.lengths ?? integers(call, index)

export const ints = (attributes: Attributes, key: string, otherwise: readonly number[]): readonly number[] =>
  (attributes[key] as readonly number[] | undefined) ?? otherwise

export const int = (attributes: Attributes, key: string, otherwise: number): number =>
  (attributes[key] as number | undefined) ?? otherwise

/** Numpy's broadcasting. */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    assert(x === 1 || y === 1 || sameDim(x, y), `shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

export const same = (since: number, attributes: Operator['attributes'] = {}): Operator => ({
  since,
  arity: [1, 1],
  attributes,
  infer: first,
})

/** A window that slides along one axis. */
interface Slide {
  kernel: number
  stride: number
  dilation: number
  /** Before and behind together; `same`: as much as TensorFlow's SAME takes. */
  pads: number | 'same'
}

/** Length of one axis after a window slides over it. */
function slide(size: Dim, { kernel, stride, dilation, pads }: Slide): Dim {
  if (pads === 'same') return dimFloor(dimAdd([size, stride - 1]), stride)
  const length = dimAdd([dimFloor(dimAdd([size, pads - (dilation * (kernel - 1) + 1)]), stride), 1])
  assert(typeof length === 'string' || length > 0, `a window of ${kernel} does not fit into ${size}`)
  return length
}

function windowed(
  { attributes }: Call,
  input: TensorType,
  channels: Dim,
  kernel: readonly number[],
): TensorType {
  const ones = kernel.map(() => 1)
  const zeros = kernel.flatMap(() => [0, 0])
  const [strides, dilations] = [ints(attributes, 'strides', ones), ints(attributes, 'dilations', ones)]
  const pads = ints(attributes, 'pads', zeros)
  const isSame = attributes.auto_pad === 'SAME_UPPER'
  const spatial = kernel.map((size, axis) =>
    slide(input.shape[axis + 2] ?? 0, {
      kernel: size,
      stride: strides[axis] ?? 1,
      dilation: dilations[axis] ?? 1,
      pads: isSame ? 'same' : (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0),
    }),
  )
  return { dtype: input.dtype, shape: [input.shape[0] ?? 1, channels, ...spatial] }
}

/** What all windows have. */
const WINDOW = { kernel_shape: 'ints', strides: 'ints', pads: 'ints', auto_pad: 'string' } as const

export const pool: Operator = {
  since: 11,
  arity: [1, 1],
  attributes: { ...WINDOW, count_include_pad: 'int', ceil_mode: 'int' },
  infer: (call) => {
    const input = first(call)
    return windowed(call, input, input.shape[1] ?? 1, ints(call.attributes, 'kernel_shape', []))
  },
}

export const conv: Operator = {
  since: 11,
  arity: [2, 3],
  attributes: { ...WINDOW, dilations: 'ints', group: 'int' },
  infer: (call) => {
    const input = first(call)
    const weight = call.inputs[1]
    assert(weight && weight.shape.length === input.shape.length, 'Conv: weight and input have other ranks')
    const group = int(call.attributes, 'group', 1)
    assert(Number(weight.shape[1]) * group === input.shape[1], 'Conv: channels of weight and input differ')
    return windowed(call, input, weight.shape[0] ?? 1, weight.shape.slice(2) as number[])
  },
}

export const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** ReduceX: the axes are an input since the given opset, and an attribute before it. */
export const reduce = (axesAreInputSince: number): Operator => ({
  since: 13,
  arity: [1, 2],
  attributes: { keepdims: 'int', axes: 'ints' },
  older: { below: axesAreInputSince, write: axesAsAttribute },
  infer: (call) => {
    const { dtype, shape } = first(call)
    const given = (call.attributes.axes as readonly number[] | undefined) ?? integers(call, 1)
    const axes = given.map((axis) => positive(axis, shape.length))
    const keep = int(call.attributes, 'keepdims', 1) === 1
    return { dtype, shape: shape.flatMap((dim, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [dim])) }
  },
})

const axesAsAttribute: OlderForm = (node, { constants }) => {
  const axes = Array.from(constants[1]!.data, Number)
  return [{ ...node, inputs: [node.inputs[0]!], attributes: { ...node.attributes, axes } }]
}

export const CASTS: Readonly<Record<number, DType>> = {
  1: 'float32',
  10: 'float16',
  2: 'uint8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
}

export function reshape(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const wanted: Dim[] = lengths(call, 1).map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size))
  const open = wanted.indexOf(-1)
  if (open < 0) return { dtype, shape: wanted }
  const rest = dimRest(
    shape,
    wanted.filter((_, axis) => axis !== open),
  )
  assert(rest !== undefined, `Reshape: [${shape}] does not divide into [${wanted}]`)
  return { dtype, shape: wanted.with(open, rest) }
}

/** Whether every input has the dtype of the first, and how they broadcast against each other. */
export const elementwise = (dtype?: DType): Operator => ({
  since: 13,
  arity: [2, 2],
  attributes: {},
  infer: ({ inputs: [a, b] }) => {
    assert(a && b && a.dtype === b.dtype, 'both operands must have one type')
    return { dtype: dtype ?? a.dtype, shape: broadcast(a.shape, b.shape) }
  },
})

/** As the input, with another dtype. */
export const test = (since: number, attributes: Operator['attributes'] = {}): Operator => ({
  since,
  arity: [1, 1],
  attributes,
  infer: (call) => ({ dtype: 'bool', shape: first(call).shape }),
})

export const where: Operator = {
  since: 9,
  arity: [3, 3],
  attributes: {},
  infer: ({ inputs: [condition, a, b] }) => {
    assert(condition?.dtype === 'bool', 'Where: the condition must be bool')
    assert(a && b && a.dtype === b.dtype, 'Where: both values must have one type')
    return { dtype: a.dtype, shape: broadcast(condition.shape, broadcast(a.shape, b.shape)) }
  },
}

/** Slice with axes and steps as constants. */
export function slice(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const [starts, ends] = [lengths(call, 1), lengths(call, 2)]
  const [axes, steps] = [integers(call, 3), integers(call, 4)]
  const cut = new Map(
    axes.map((axis, i) => {
      const at = positive(axis, shape.length)
      return [at, sliceLength(shape[at] ?? 0, { start: starts[i]!, end: ends[i]!, step: steps[i]! })]
    }),
  )
  return { dtype, shape: shape.map((dim, axis) => cut.get(axis) ?? dim) }
}

/** What ends here or beyond ends with the axis, however long it is. */
export const TO_THE_END = 2 ** 31 - 1

/** An open axis is as long at least as the numbers that it is cut at: tfjs takes no other. */
function sliceLength(size: Dim, { start, end, step }: { start: Dim; end: Dim; step: number }): Dim {
  const place = (index: Dim): Dim => {
    if (typeof size === 'number' && typeof index === 'number') return clamped(index, size, step)
    if (typeof index === 'string') return index
    if (index >= TO_THE_END) return size
    if (index <= -TO_THE_END) return -1
    return index < 0 ? dimAdd([size, index]) : index
  }
  const [from, until] = [place(start), place(end)]
  const way = step > 0 ? dimAdd([until, dimProduct([-1, from])]) : dimAdd([from, dimProduct([-1, until])])
  const length = dimFloor(dimAdd([way, Math.abs(step) - 1]), Math.abs(step))
  return typeof length === 'number' ? Math.max(0, length) : length
}

function clamped(index: number, size: number, step: number): number {
  const counted = index < 0 ? index + size : index
  return step > 0 ? Math.min(Math.max(counted, 0), size) : Math.min(Math.max(counted, -1), size - 1)
}

/** Lengths of all axes. */
export const shapeOf: Operator = {
  since: 13,
  arity: [1, 1],
  attributes: {},
  infer: (call) => {
    const { shape } = first(call)
    return { dtype: 'int64', shape: [shape.length], lengths: shape }
  },
}

export function gather(call: Call): TensorType {
  const { dtype, shape, lengths } = first(call)
  const axis = positive(int(call.attributes, 'axis', 0), shape.length)
  const indices = call.inputs[1]?.shape ?? []
  const type = { dtype, shape: [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)] }
  return lengths === undefined
    ? type
    : { ...type, lengths: integers(call, 1).map((index) => lengths[index]!) }
}

export function concat(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const axis = positive(int(call.attributes, 'axis', 0), shape.length)
  const total = dimAdd(call.inputs.map((input) => input?.shape[axis] ?? 0))
  const type = { dtype, shape: shape.with(axis, total) }
  if (!call.inputs.some((input) => input?.lengths)) return type
  return { ...type, lengths: call.inputs.flatMap((_, index) => lengths(call, index)) }
}

export function expand(call: Call): TensorType {
  const { dtype, shape } = first(call)
  return { dtype, shape: broadcast(shape, lengths(call, 1)) }
}

export function tile(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const repeats = lengths(call, 1)
  return { dtype, shape: shape.map((dim, axis) => dimProduct([dim, repeats[axis] ?? 1])) }
}

/** ArgMax, ArgMin: int64 along one axis. */
export const argument: Operator = {
  since: 13,
  arity: [1, 1],
  attributes: { axis: 'int', keepdims: 'int' },
  infer: (call) => {
    const { shape } = first(call)
    const axis = positive(int(call.attributes, 'axis', 0), shape.length)
    const keep = int(call.attributes, 'keepdims', 1) === 1
    return { dtype: 'int64', shape: keep ? shape.with(axis, 1) : shape.toSpliced(axis, 1) }
  },
}

/** TopK: values and int64 indices. */
export function topK(call: Call): TensorType[] {
  const { dtype, shape } = first(call)
  const [k = 1] = integers(call, 1)
  const axis = positive(int(call.attributes, 'axis', -1), shape.length)
  const kept = shape.with(axis, k)
  return [
    { dtype, shape: kept },
    { dtype: 'int64', shape: kept },
  ]
}

/** MaxPool: values, and int64 indices for who asks. */
export const maxPool: Operator = {
  ...pool,
  infer: (call) => {
    const values = pool.infer(call) as TensorType
    return [values, { dtype: 'int64', shape: values.shape }]
  },
}

export function convTranspose(call: Call): TensorType {
  const input = first(call)
  const weight = call.inputs[1]
  assert(weight && weight.shape.length === input.shape.length, 'ConvTranspose: other ranks')
  assert(sameDim(weight.shape[0]!, input.shape[1]!), 'ConvTranspose: channels of weight and input differ')
  const kernel = weight.shape.slice(2) as number[]
  const zeros = kernel.map(() => 0)
  const pads = ints(call.attributes, 'pads', [...zeros, ...zeros])
  const strides = ints(
    call.attributes,
    'strides',
    kernel.map(() => 1),
  )
  const extra = ints(call.attributes, 'output_padding', zeros)
  const spatial = kernel.map((size, axis) => {
    const more = extra[axis]! + size - pads[axis]! - pads[axis + kernel.length]! - strides[axis]!
    return dimAdd([dimProduct([input.shape[axis + 2]!, strides[axis]!]), more])
  })
  const channels = Number(weight.shape[1]) * int(call.attributes, 'group', 1)
  return { dtype: input.dtype, shape: [input.shape[0]!, channels, ...spatial] }
}

/** Resize by scales; those of open axes are whole numbers. */
export function resize(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const scales = call.constants[2]?.data
  assert(scales && scales.length === shape.length, 'Resize: a scale for each axis')
  const sizes = shape.map((dim, axis) => {
    const scale = Number(scales[axis])
    if (scale === 1) return dim
    if (typeof dim === 'number') return Math.floor(Math.fround(dim * scale))
    assert(Number.isInteger(scale), `Resize: the scale ${scale} of an open dimension is no whole number`)
    return dimProduct([dim, scale])
  })
  return { dtype, shape: sizes }
}

export function depthToSpace(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const [batch, channels, height, width] = shape
  const block = int(call.attributes, 'blocksize', 1)
  const sides = [height, width].map((side) => dimProduct([side!, block]))
  return { dtype, shape: [batch!, Number(channels) / block ** 2, ...sides] }
}

export function gatherNd(call: Call): TensorType {
  const { dtype, shape } = first(call)
  const indices = call.inputs[1]?.shape ?? []
  const batch = int(call.attributes, 'batch_dims', 0)
  const depth = indices.at(-1)
  assert(typeof depth === 'number', 'GatherND: the length of an index must be known')
  return { dtype, shape: [...indices.slice(0, -1), ...shape.slice(batch + depth)] }
}

/** Letters of an equation without ellipsis: `bij,jk->bik`. */
export function einsum(call: Call): TensorType {
  const [left = '', right = ''] = String(call.attributes.equation).replaceAll(' ', '').split('->')
  const dims = new Map<string, Dim>()
  left.split(',').forEach((letters, operand) => {
    const shape = call.inputs[operand]?.shape ?? []
    assert(letters.length === shape.length, `Einsum: '${letters}' for [${shape}]`)
    for (const [axis, letter] of [...letters].entries()) {
      const known = dims.get(letter) ?? shape[axis]!
      assert(known === shape[axis], `Einsum: '${letter}' is ${known} and ${shape[axis]}`)
      dims.set(letter, known)
    }
  })
  return { dtype: first(call).dtype, shape: [...right].map((letter) => dims.get(letter)!) }
}
