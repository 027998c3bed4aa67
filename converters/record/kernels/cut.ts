/** Kernels that take a part: slices, splits, single rows. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core'
import type { Recording } from '../recording.ts'
import type { Lowering } from './kernel.ts'

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

export const CUT = { Slice: slice, SplitV: splitV, StridedSlice: stridedSlice, Unpack: unpack }
