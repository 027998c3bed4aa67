/** Kernels that move elements without computing: shapes, axes, pads, joins, cuts. */
import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { Recording } from '../recording.ts'
import type { Lowering } from './kernel.ts'

const reshape: Lowering<'Reshape'> = ({ tensors, attrs, to }) => {
  const { value } = to.recorded(tensors.x)
  const shape = util.inferFromImplicitShape(attrs.shape, util.sizeFromShape(tensors.x.shape))
  return to.reshape(value, shape)
}

/** The shape with an axis of length 1 at `axis`, which may count from behind. */
const withAxis = (shape: readonly number[], axis: number): number[] =>
  shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, 1)

const expandDims: Lowering<'ExpandDims'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.input)
  return to.reshape(value, withAxis(shape, attrs.dim))
}

const identity: Lowering<'Identity'> = ({ tensors, to }) => {
  const { value } = to.recorded(tensors.x)
  return to.draft.constants.has(value) ? value : to.add('Identity', [value])
}

const transpose: Lowering<'Transpose'> = ({ tensors, attrs, to }) =>
  to.add('Transpose', [to.recorded(tensors.x).value], { perm: attrs.perm })

const concat: Lowering<'Concat'> = ({ tensors, attrs, to }) => {
  // tfjs drops empty operands, too; their other dimensions may be anything.
  const operands = Object.values(tensors).filter(({ shape }) => util.sizeFromShape(shape) > 0)
  const values = operands.map((tensor) => to.recorded(tensor).value)
  return to.add('Concat', values, { axis: util.parseAxisParam(attrs.axis, operands[0]!.shape)[0]! })
}

const pack: Lowering<'Pack'> = ({ tensors, attrs, to }) => {
  const values = Object.values<TensorInfo>(tensors).map((tensor) => {
    const { value, shape } = to.recorded(tensor)
    return to.reshape(value, withAxis(shape, attrs.axis))
  })
  return to.add('Concat', values, { axis: attrs.axis })
}

const unpack: Lowering<'Unpack'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.value)
  const [axis = 0] = util.parseAxisParam(attrs.axis, [...shape])
  return Array.from({ length: shape[axis]! }, (_, i) => {
    const data = BigInt64Array.of(BigInt(i))
    return to.add('Gather', [value, to.constant({ dtype: 'int64', shape: [], data }, 'index')], { axis })
  })
}

/** What is cut along one axis. */
export interface Cut {
  axis: number
  start: number
  end: number
  step?: number
}

/** An end before the first element, for steps that go backwards. */
const BEFORE_FIRST = -(2 ** 31)

/** Slice with the axes that are really cut; a batch that is taken whole stays open. */
export function cut(to: Recording, value: string, shape: readonly number[], cuts: readonly Cut[]): string {
  const needed = cuts.filter(
    ({ axis, start, end, step = 1 }) => start !== 0 || end !== shape[axis] || step !== 1,
  )
  if (needed.length === 0) return to.add('Identity', [value])
  return to.add('Slice', [
    value,
    to.integers(
      needed.map(({ start }) => start),
      'starts',
    ),
    to.integers(
      needed.map(({ end }) => (end < 0 ? BEFORE_FIRST : end)),
      'ends',
    ),
    to.integers(
      needed.map(({ axis }) => axis),
      'axes',
    ),
    to.integers(
      needed.map(({ step = 1 }) => step),
      'steps',
    ),
  ])
}

const slice: Lowering<'Slice'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const [begin, size] = slice_util.parseSliceParams(tensors.x, attrs.begin, attrs.size)
  const cuts = shape.map((_, axis) => ({ axis, start: begin![axis]!, end: begin![axis]! + size![axis]! }))
  return cut(to, value, shape, cuts)
}

const stridedSlice: Lowering<'StridedSlice'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const masks = [attrs.beginMask, attrs.endMask, attrs.ellipsisMask, attrs.newAxisMask, attrs.shrinkAxisMask]
  const info = slice_util.sliceInfo(
    [...shape],
    attrs.begin,
    attrs.end,
    attrs.strides,
    ...(masks as [number, number, number, number, number]),
  )
  const cuts = shape.map((_, axis) => ({
    axis,
    start: info.begin[axis]!,
    end: info.end[axis]!,
    step: info.strides[axis]!,
  }))
  const taken = cut(to, value, shape, cuts)
  return String(to.infoOf(taken).shape) === String(info.finalShape)
    ? taken
    : to.reshape(taken, info.finalShape)
}

const splitV: Lowering<'SplitV'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const [axis = 0] = util.parseAxisParam(attrs.axis, [...shape])
  const sizes = backend_util.prepareSplitSize(
    tensors.x as Parameters<typeof backend_util.prepareSplitSize>[0],
    attrs.numOrSizeSplits,
    axis,
  )
  let start = 0
  return sizes.map((size) => {
    const end = start + size
    const part = cut(to, value, shape, [{ axis, start, end }])
    start = end
    return part
  })
}

/** Axes of length 1 are broadcast (over the batch, too, which may be open); what is longer is repeated. */
const tile: Lowering<'Tile'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const isOne = (axis: number): boolean => shape[axis] === 1
  const repeats = attrs.reps.map((count, axis) => (isOne(axis) ? 1 : count))
  const expanded = attrs.reps.map((count, axis) => (isOne(axis) ? count : 1))
  const tiled = repeats.every((count) => count === 1)
    ? value
    : to.add('Tile', [value, to.integers(repeats, 'repeats')])
  return expanded.every((count) => count === 1) && tiled !== value
    ? tiled
    : to.add('Expand', [tiled, to.integers(expanded, 'shape')])
}

/** Pad with one value; `paddings` has a pair for each axis. */
export function padWith(
  to: Recording,
  value: string,
  paddings: readonly (readonly number[])[],
  fill: number,
): string {
  const pads = [...paddings.map(([before]) => before!), ...paddings.map(([, after]) => after!)]
  return to.add('Pad', [value, to.integers(pads, 'pads'), to.scalar(fill, 'fill', value)], {
    mode: 'constant',
  })
}

const pad: Lowering<'PadV2'> = ({ tensors, attrs, to }) =>
  padWith(to, to.recorded(tensors.x).value, attrs.paddings, attrs.constantValue)

/** Gather along one axis with indices that are known. */
const pick = (to: Recording, value: string, axis: number, indices: readonly number[], what: string): string =>
  to.add('Gather', [value, to.integers(indices, what)], { axis })

/** Gather with mirrored indices: ONNX's Pad knows one of the two modes. `symmetric` repeats the edge. */
const mirrorPad: Lowering<'MirrorPad'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const edge = attrs.mode === 'reflect' ? 0 : 1
  return attrs.paddings.reduce((x, [before, after], axis) => {
    if (before === 0 && after === 0) return x
    const length = shape[axis]!
    const mirrored = Array.from({ length: before + length + after }, (_, i) => {
      const at = i - before
      if (at < 0) return -at - edge
      return at < length ? at : 2 * (length - 1) - at + edge
    })
    return pick(to, x, axis, mirrored, 'mirrored')
  }, value)
}

/** Gather with falling indices: ONNX has no operator that reverses an axis. */
export const reversed = (to: Recording, value: string, axis: number, length: number): string =>
  pick(
    to,
    value,
    axis,
    Array.from({ length }, (_, i) => length - 1 - i),
    'reversed',
  )

const reverse: Lowering<'Reverse'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const axes = util.parseAxisParam(attrs.dims, shape)
  return axes.reduce((x, axis) => reversed(to, x, axis, shape[axis] ?? 1), value)
}

const spaceToBatch: Lowering<'SpaceToBatchND'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const { blockShape, paddings } = attrs
  const block = blockShape.reduce((product, size) => product * size, 1)
  const all = shape.map((_, axis) => paddings[axis - 1] ?? [0, 0])
  const padded = shape.map((size, axis) => size + all[axis]![0]! + all[axis]![1]!)
  const apart = backend_util.getReshaped(padded, blockShape, block, false)
  const perm = backend_util.getPermuted(apart.length, blockShape.length, false)
  const together = backend_util.getReshapedPermuted(padded, blockShape, block, false)
  const spread = to.add('Transpose', [to.reshape(padWith(to, value, all, 0), apart)], { perm })
  return to.reshape(spread, together)
}

const batchToSpace: Lowering<'BatchToSpaceND'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const { blockShape, crops } = attrs
  const block = blockShape.reduce((product, size) => product * size, 1)
  const apart = backend_util.getReshaped(shape, blockShape, block)
  const perm = backend_util.getPermuted(apart.length, blockShape.length)
  const together = backend_util.getReshapedPermuted(shape, blockShape, block)
  const begin = backend_util.getSliceBeginCoords(crops, blockShape.length)
  const size = backend_util.getSliceSize(together, crops, blockShape.length)
  const whole = to.reshape(to.add('Transpose', [to.reshape(value, apart)], { perm }), together)
  const cuts = begin.map((start, axis) => ({ axis, start, end: start + size[axis]! }))
  return cut(to, whole, together, cuts)
}

/** The values on the diagonal of a matrix of zeros. */
const diag: Lowering<'Diag'> = ({ tensors, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const size = util.sizeFromShape(shape)
  const isOnIt = Array.from({ length: size * size }, (_, i) => i % size === Math.floor(i / size))
  const row = to.reshape(value, [1, size])
  const matrix = to.add('Where', [to.bool(isOnIt, [size, size], 'diagonal'), row, to.scalar(0, 'zero', row)])
  return to.reshape(matrix, [...shape, ...shape])
}

export const ARRAY = {
  BatchToSpaceND: batchToSpace,
  Concat: concat,
  Diag: diag,
  ExpandDims: expandDims,
  Identity: identity,
  MirrorPad: mirrorPad,
  Pack: pack,
  PadV2: pad,
  Reshape: reshape,
  Reverse: reverse,
  Slice: slice,
  SpaceToBatchND: spaceToBatch,
  SplitV: splitV,
  StridedSlice: stridedSlice,
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
}
