/** Operations that a Keras model calls beside its layers (`x / 127.5 - 1`), as one layer: a table by name. */
import * as tf from '@tensorflow/tfjs-core'
import { axisOf, type Config, type OwnLayer, registerLayer, type Shape, type Tensors } from './own-layer.ts'

/** A slice of an axis, an index that takes it away, or all axes that are not named. */
type Index = number | 'rest' | { start: number | null; stop: number | null; step: number | null }

interface Operation {
  shape?: (config: Config, shapes: Shape[]) => Shape
  call: (inputs: Tensors, config: Config) => tf.Tensor
}

const broadcastShape = (_: Config, shapes: Shape[]): Shape => {
  const rank = Math.max(...shapes.map(({ length }) => length))
  return Array.from({ length: rank }, (_, axis) =>
    shapes
      .map((shape): number | null => (axis < rank - shape.length ? 1 : shape[axis - rank + shape.length]!))
      .reduce((a, b) => (a === 1 ? b : a)),
  )
}

const binary = (call: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Operation => ({
  shape: broadcastShape,
  call: ([a, b]) => call(a, b!),
})
const unary = (call: (x: tf.Tensor) => tf.Tensor): Operation => ({ call: ([x]) => call(x) })

const axesOf = ({ axis }: Config, rank: number): number[] =>
  axis === null || axis === undefined
    ? Array.from({ length: rank }, (_, i) => i)
    : ([axis].flat() as number[]).map((one) => axisOf(one, rank))

const reduction = (call: (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor): Operation => ({
  shape: (config, [shape = []]) => {
    const axes = axesOf(config, shape.length)
    return config.keepdims === true
      ? shape.map((side, axis) => (axes.includes(axis) ? 1 : side))
      : shape.filter((_, axis) => !axes.includes(axis))
  },
  call: ([x], config) => call(x, axesOf(config, x.rank), config.keepdims === true),
})

/** An index for each axis of a tensor. */
function indicesOf({ index }: Config, rank: number): Exclude<Index, 'rest'>[] {
  const given = index as Index[]
  const all = { start: null, stop: null, step: null }
  const missing = Array.from({ length: rank - given.filter((one) => one !== 'rest').length }, () => all)
  const at = given.indexOf('rest')
  const whole = at < 0 ? [...given, ...missing] : [...given.slice(0, at), ...missing, ...given.slice(at + 1)]
  return whole as Exclude<Index, 'rest'>[]
}

/** First place and count of what an index takes. */
function rangeOf(index: Exclude<Index, 'rest'>, size: number): [begin: number, count: number] {
  if (typeof index === 'number') return [axisOf(index, size), 1]
  const { start, stop } = index
  const place = (value: number): number => Math.min(size, Math.max(0, axisOf(value, size)))
  const begin = start === null ? 0 : place(start)
  return [begin, Math.max(0, (stop === null ? size : place(stop)) - begin)]
}

const isAll = (index: Exclude<Index, 'rest'>): boolean =>
  typeof index !== 'number' && index.start === null && index.stop === null

/** Slices with a step of 1, or -1 over a whole axis; `translateOperation` lets no other through. */
const getItem: Operation = {
  shape: (config, [shape = []]) =>
    indicesOf(config, shape.length).flatMap((index, axis) => {
      if (typeof index === 'number') return []
      const size = shape[axis] ?? null
      return [size === null || isAll(index) ? size : rangeOf(index, size)[1]]
    }),
  call: ([x], config) => {
    const indices = indicesOf(config, x.rank)
    const ranges = indices.map((index, axis) => (isAll(index) ? [0, -1] : rangeOf(index, x.shape[axis]!)))
    const cut = tf.slice(
      x,
      ranges.map(([begin]) => begin!),
      ranges.map(([, count]) => count!),
    )
    const turned = indices.flatMap((index, axis) =>
      typeof index !== 'number' && index.step === -1 ? [axis] : [],
    )
    const gone = indices.flatMap((index, axis) => (typeof index === 'number' ? [axis] : []))
    const whole = turned.length === 0 ? cut : tf.reverse(cut, turned)
    return gone.length === 0 ? whole : tf.squeeze(whole, gone)
  },
}

const stack: Operation = {
  shape: ({ axis }, [shape = [], ...more]) => {
    const out = [...shape]
    out.splice(axisOf(Number(axis ?? 0), shape.length + 1), 0, more.length + 1)
    return out
  },
  call: (inputs, { axis }) => tf.stack(inputs, axisOf(Number(axis ?? 0), inputs[0].rank + 1)),
}

const concatenate: Operation = {
  shape: ({ axis }, shapes) => {
    const [shape = []] = shapes
    const at = axisOf(Number(axis ?? 0), shape.length)
    const size = shapes.reduce<number | null>(
      (sum, one) => (sum === null || one[at] == null ? null : sum + one[at]),
      0,
    )
    return shape.map((side, i) => (i === at ? size : side))
  },
  call: (inputs, { axis }) => tf.concat(inputs, axisOf(Number(axis ?? 0), inputs[0].rank)),
}

const expandDims: Operation = {
  shape: ({ axis }, [shape = []]) => {
    const out = [...shape]
    out.splice(axisOf(Number(axis), shape.length + 1), 0, 1)
    return out
  },
  call: ([x], { axis }) => tf.expandDims(x, axisOf(Number(axis), x.rank + 1)),
}

/** By the names that `translateOperation` gives what Keras 2 and 3 call them. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  add: binary(tf.add),
  subtract: binary(tf.sub),
  multiply: binary(tf.mul),
  divide: binary(tf.div),
  maximum: binary(tf.maximum),
  minimum: binary(tf.minimum),
  power: binary(tf.pow),
  relu: unary(tf.relu),
  relu6: unary(tf.relu6),
  sigmoid: unary(tf.sigmoid),
  silu: unary((x) => tf.mul(x, tf.sigmoid(x))),
  tanh: unary(tf.tanh),
  exp: unary(tf.exp),
  log: unary(tf.log),
  sqrt: unary(tf.sqrt),
  square: unary(tf.square),
  absolute: unary(tf.abs),
  negative: unary(tf.neg),
  softplus: unary(tf.softplus),
  mean: reduction((x, axes, keep) => tf.mean(x, axes, keep)),
  sum: reduction((x, axes, keep) => tf.sum(x, axes, keep)),
  max: reduction((x, axes, keep) => tf.max(x, axes, keep)),
  min: reduction((x, axes, keep) => tf.min(x, axes, keep)),
  getitem: getItem,
  stack,
  concatenate,
  expanddims: expandDims,
  cast: unary((x) => tf.cast(x, 'float32')),
}

/** What a constant among the operands looks like to a shape. */
function shapeOfConstant(value: unknown): Shape {
  return Array.isArray(value) ? [value.length, ...shapeOfConstant(value[0])] : []
}

/** Operands in order: 'tensor' for the next input, or a constant. */
const operandsOf = <T>({ operands }: Config, inputs: readonly T[], constant: (value: unknown) => T): T[] => {
  const rest = [...inputs]
  return (operands as unknown[]).map((operand) => (operand === 'tensor' ? rest.shift()! : constant(operand)))
}

const operation: OwnLayer = {
  shape: (config, shapes) => {
    const all = operandsOf<Shape>(config, shapes, shapeOfConstant)
    return OPERATIONS[String(config.operation)]!.shape?.(config, all) ?? all[0]!
  },
  call: (inputs, _, config) => {
    const all = operandsOf<tf.Tensor>(config, inputs, (value) =>
      tf.tensor(value as number[], undefined, 'float32'),
    )
    return OPERATIONS[String(config.operation)]!.call(all as Tensors, config)
  },
}

registerLayer('RoentgenOperation', operation)
