/** Kernels that choose, place or count elements by indices which may be computed. tfjs's indices are int32; ONNX's
 *  GatherND and ScatterND want int64. */
import { type TensorInfo, util } from '@tensorflow/tfjs-core'
import { DTYPE_NUMBERS } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import { castTo, choose, counted } from './comparison.ts'
import type { Lowering } from './kernel.ts'

const long = (to: Recording, value: string): string => to.add('Cast', [value], { to: DTYPE_NUMBERS.int64 })

const range = (length: number): number[] => Array.from({ length }, (_, i) => i)

/** With batch dimensions every row has indices of its own; GatherND wants the axis right behind them. */
const gather: Lowering<'GatherV2'> = ({ tensors, attrs, to }) => {
  const [x, indices] = [to.recorded(tensors.x), to.recorded(tensors.indices)]
  const [axis = 0] = util.parseAxisParam(attrs.axis, x.shape)
  const batch = attrs.batchDims ?? 0
  if (batch === 0) return to.add('Gather', [x.value, castTo(to, indices.value, 'int32')], { axis })
  const axes = range(x.shape.length)
  const first = [...axes.slice(0, batch), axis, ...axes.slice(batch).filter((other) => other !== axis)]
  const ready = axis === batch ? x.value : to.add('Transpose', [x.value], { perm: first })
  const each = to.reshape(indices.value, [...indices.shape, 1])
  const taken = to.add('GatherND', [ready, long(to, each)], { batch_dims: batch })
  if (axis === batch) return taken
  // [batch, indices, outer, inner] -> [batch, outer, indices, inner]
  const count = indices.shape.length - batch
  const outer = axis - batch
  const wanted = range(x.shape.length - 1 + count)
  const moved = [
    ...wanted.slice(0, batch),
    ...wanted.slice(batch + count, batch + count + outer),
    ...wanted.slice(batch, batch + count),
    ...wanted.slice(batch + count + outer),
  ]
  return to.add('Transpose', [taken], { perm: moved })
}

const gatherNd: Lowering<'GatherNd'> = ({ tensors, to }) =>
  to.add('GatherND', [to.recorded(tensors.params).value, long(to, to.recorded(tensors.indices).value)], {
    batch_dims: 0,
  })

/** Values of one dtype, all the same. */
function filled(to: Recording, shape: readonly number[], value: number, dtype: string): string {
  const values = new Array<number>(util.sizeFromShape([...shape])).fill(value)
  return dtype === 'float32' ? to.float(values, shape, 'filled') : to.int32(values, shape, 'filled')
}

/** What is placed twice is added up. */
const scatterNd: Lowering<'ScatterNd'> = ({ tensors, attrs, to }) => {
  const updates = to.recorded(tensors.updates)
  const zeros = filled(to, attrs.shape, 0, updates.dtype)
  const indices = long(to, to.recorded(tensors.indices).value)
  return to.add('ScatterND', [zeros, indices, counted(to, updates.value)], { reduction: 'add' })
}

const tensorScatterUpdate: Lowering<'TensorScatterUpdate'> = ({ tensors, to }) =>
  to.add('ScatterND', [
    to.recorded(tensors.tensor).value,
    long(to, to.recorded(tensors.indices).value),
    to.recorded(tensors.updates).value,
  ])

const sparseToDense: Lowering<'SparseToDense'> = ({ tensors, attrs, to }) => {
  const [indices, values] = [to.recorded(tensors.sparseIndices), to.recorded(tensors.sparseValues)]
  const count = indices.shape[0] ?? 1
  const depth = indices.shape.length < 2 ? 1 : indices.shape[1]!
  const places = long(to, to.reshape(indices.value, [count, depth]))
  const updates =
    values.shape.length > 0 ? values.value : to.add('Expand', [values.value, to.integers([count], 'shape')])
  const empty = to.add('Expand', [
    to.recorded(tensors.defaultValue).value,
    to.integers(attrs.outputShape, 'shape'),
  ])
  return to.add('ScatterND', [empty, places, updates])
}

/** Whether each index (in a new last axis) is 0, 1, 2…: [...shape, depth], bool. */
function isIndex(to: Recording, indices: TensorInfo, depth: number): string {
  const { value, shape } = to.recorded(indices)
  const each = to.reshape(castTo(to, value, 'int32'), [...shape, 1])
  return to.add('Equal', [each, to.int32(range(depth), [depth], 'range')])
}

const oneHot: Lowering<'OneHot'> = ({ tensors, attrs, to }) => {
  const { depth, onValue, offValue, dtype } = attrs
  const hits = isIndex(to, tensors.indices, depth)
  const [on, off] = [onValue, offValue].map((value) => filled(to, [], value, dtype))
  return choose(to, hits, on!, off!, dtype)
}

/** The weight of each hit; 1 where no weights are given. */
function weighted(to: Recording, hits: string, weights: TensorInfo): string {
  const dtype = weights.dtype === 'float32' ? 'float32' : 'int32'
  const ones = castTo(to, hits, dtype)
  if (util.sizeFromShape(weights.shape) === 0) return ones
  return to.add('Mul', [ones, to.reshape(to.recorded(weights).value, [...weights.shape, 1])])
}

const bincount: Lowering<'Bincount'> = ({ tensors, attrs, to }) => {
  const hits = weighted(to, isIndex(to, tensors.x, attrs.size), tensors.weights)
  return to.add('ReduceSum', [hits, to.integers([0], 'axes')], { keepdims: 0 })
}

const denseBincount: Lowering<'DenseBincount'> = ({ tensors, attrs, to }) => {
  const hits = isIndex(to, tensors.x, attrs.size)
  const isMatrix = tensors.x.shape.length === 2
  const axes = to.integers([isMatrix ? 1 : 0], 'axes')
  if (!isMatrix || !attrs.binaryOutput)
    return to.add('ReduceSum', [weighted(to, hits, tensors.weights), axes], { keepdims: 0 })
  const ones = castTo(to, hits, tensors.weights.dtype === 'float32' ? 'float32' : 'int32')
  return to.add('ReduceMax', [ones, axes], { keepdims: 0 })
}

/** Each segment is a row of a matrix of zeros and ones, times the values; ids of no segment are left out, as in tfjs. */
const unsortedSegmentSum: Lowering<'UnsortedSegmentSum'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const [count = 1, ...rest] = shape
  const width = util.sizeFromShape(rest)
  const hits = to.add('Transpose', [isIndex(to, tensors.segmentIds, attrs.numSegments)], { perm: [1, 0] })
  const rows = to.reshape(castTo(to, value, 'float32'), [count, width])
  return to.reshape(to.add('MatMul', [castTo(to, hits, 'float32'), rows]), [attrs.numSegments, ...rest])
}

/** How many of the sorted values lie before each: [rows, n] and [rows, m] -> [rows, m]. */
const searchSorted: Lowering<'SearchSorted'> = ({ tensors, attrs, to }) => {
  const [sequence, values] = [to.recorded(tensors.sortedSequence), to.recorded(tensors.values)]
  const [rows = 1, length = 1] = sequence.shape
  const before = to.add(attrs.side === 'left' ? 'Less' : 'LessOrEqual', [
    to.reshape(castTo(to, sequence.value, 'float32'), [rows, 1, length]),
    to.reshape(castTo(to, values.value, 'float32'), [rows, values.shape[1]!, 1]),
  ])
  return to.add('ReduceSum', [castTo(to, before, 'int32'), to.integers([2], 'axes')], { keepdims: 0 })
}

export const INDEX_BY = {
  Bincount: bincount,
  DenseBincount: denseBincount,
  GatherNd: gatherNd,
  GatherV2: gather,
  OneHot: oneHot,
  ScatterNd: scatterNd,
  SearchSorted: searchSorted,
  SparseToDense: sparseToDense,
  TensorScatterUpdate: tensorScatterUpdate,
  UnsortedSegmentSum: unsortedSegmentSum,
}
