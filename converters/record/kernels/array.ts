/** Kernels that move elements without computing: shapes, axes, pads, joins. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core'
import type { Recording } from '../recording.ts'
import { cut } from './cut.ts'
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
  const axis = util.parseAxisParam(attrs.axis, operands[0]!.shape)[0]!
  const shapes = operands.map(({ shape }) => shape)
  backend_util.assertParamsConsistent(shapes, axis)
  return to.add('Concat', values, { axis })
}

const pack: Lowering<'Pack'> = ({ tensors, attrs, to }) => {
  const values = Object.values<TensorInfo>(tensors).map((tensor) => {
    const { value, shape } = to.recorded(tensor)
    return to.reshape(value, withAxis(shape, attrs.axis))
  })
  return to.add('Concat', values, { axis: attrs.axis })
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
  SpaceToBatchND: spaceToBatch,
  Tile: tile,
  Transpose: transpose,
}
