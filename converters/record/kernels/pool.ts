/** Pools over maps and volumes, dilation, and normalization by channel. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import type { Attributes } from '../../graph/graph.ts'
import type { Recording } from '../recording.ts'
import { padWith } from './array.ts'
import { castTo } from './comparison.ts'
import { cut } from './cut.ts'
import type { KernelCall, Lowering } from './kernel.ts'
import { channelsFirst, requireChannelsLast, requireHost, toChannelsFirst, toChannelsLast } from './layout.ts'
import { cutEdges, mapAxes, padsOf, volumeAxes, windowOf } from './window.ts'

type Map4 = [number, number, number, number]
type Volume = [number, number, number, number, number]

export interface PoolAttrs {
  filterSize: [number, number] | number
  strides: [number, number] | number
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

function mapPool(x: TensorInfo, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): Attributes {
  const info = backend_util.computePool2DInfo(x.shape as Map4, filterSize, strides, 1, pad, dimRoundingMode)
  return withoutDilations(windowOf(mapAxes(info), info.padInfo.type))
}

const withoutDilations = ({ dilations: _, ...window }: ReturnType<typeof windowOf>): Attributes => window

/** TensorFlow's average leaves padding out of the count, as ONNX does by default. */
const pool =
  (op: 'MaxPool' | 'AveragePool') =>
  ({ tensors, attrs, to }: KernelCall<{ x: TensorInfo }, PoolAttrs>): string => {
    const attributes = mapPool(tensors.x, attrs)
    const value = castTo(to, to.recorded(tensors.x).value, 'float32')
    return channelsFirst(to, value, 4, (first) => to.add(op, [first], attributes))
  }

interface VolumePoolAttrs {
  filterSize: [number, number, number] | number
  strides: [number, number, number] | number
  pad: 'valid' | 'same' | number
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
  dataFormat?: string
}

const volumePool =
  (op: 'MaxPool' | 'AveragePool', kernel: string) =>
  ({ tensors, attrs, to }: KernelCall<{ x: TensorInfo }, unknown>): string => {
    const { filterSize, strides, pad, dimRoundingMode, dataFormat } = attrs as VolumePoolAttrs
    requireChannelsLast(to, kernel, dataFormat)
    const { value, shape } = to.recorded(tensors.x)
    const info = backend_util.computePool3DInfo(shape as Volume, filterSize, strides, 1, pad, dimRoundingMode)
    const seen = cutEdges(to, value, shape, volumeAxes(info))
    const attributes = withoutDilations(windowOf(seen.axes, info.padInfo.type))
    return channelsFirst(to, seen.value, 5, (first) => to.add(op, [first], attributes))
  }

/** ONNX counts places through [N, C, H, W], tfjs through [H, W, C] of each film, or of the whole batch. */
const maxPoolWithArgmax: Lowering<'MaxPoolWithArgmax'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.x)
  const [, height = 1, width = 1, channels = 1] = shape
  const x = to.add('Transpose', [value], { perm: toChannelsFirst(4) })
  const attributes = mapPool(tensors.x, attrs as PoolAttrs)
  const [values = '', indices = ''] = to.addAll('MaxPool', [x], attributes, 2)
  const back = (first: string): string => to.add('Transpose', [first], { perm: toChannelsLast(4) })
  const place = castTo(to, back(indices), 'int32')
  const number = (size: number): string => to.int32([size], [], 'size')
  const divide = (a: string, size: number): string => to.add('Div', [a, number(size)])
  const rest = (a: string, size: number): string => to.add('Mod', [a, number(size)], { fmod: 0 })
  const times = (a: string, size: number): string => to.add('Mul', [a, number(size)])
  const area = height * width
  const inFilm = to.add('Add', [times(rest(place, area), channels), rest(divide(place, area), channels)])
  const film = times(divide(place, area * channels), area * channels)
  return [back(values), attrs.includeBatchInIndex ? to.add('Add', [film, inFilm]) : inFilm]
}

/** The largest sum of a value and the filter's value at its place: a slice of the padded map for each place. */
const dilation2d: Lowering<'Dilation2D'> = ({ tensors, attrs, to }) => {
  const { x, filter } = tensors
  const info = backend_util.computeDilation2DInfo(
    x.shape as Map4,
    filter.shape as [number, number, number],
    attrs.strides,
    attrs.pad as 'same' | 'valid',
    'NHWC',
    attrs.dilations,
  )
  const heights = requireHost(to, 'Dilation2D', filter, 'a filter that is')
  const [rows, columns] = mapAxes(info) as [Axis, Axis]
  const channels = info.inChannels
  const [top = 0, left = 0, bottom = 0, right = 0] = padsOf([rows, columns])
  const edges = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]
  const padded = padWith(to, to.recorded(x).value, edges, Number.NEGATIVE_INFINITY)
  const paddedShape = to.infoOf(padded).shape
  const along = (at: number, axis: 1 | 2, { output, stride, dilation }: Axis) => {
    const start = at * dilation
    return { axis, start, end: start + (output - 1) * stride + 1, step: stride }
  }
  const places = Array.from({ length: rows.kernel * columns.kernel }, (_, i) => {
    const [y, x] = [Math.floor(i / columns.kernel), i % columns.kernel]
    const seen = cut(to, padded, paddedShape, [along(y, 1, rows), along(x, 2, columns)])
    const height = [...heights.slice(i * channels, (i + 1) * channels)]
    return to.add('Add', [seen, to.float(height, [channels], 'height')])
  })
  return places.reduce((largest, place) => to.add('Max', [largest, place]))
}
type Axis = ReturnType<typeof mapAxes>[number]

/** ONNX divides alpha by the number of channels that it looks at. */
const lrn: Lowering<'LRN'> = ({ tensors, attrs, to }) => {
  const { alpha, beta, bias, depthRadius } = attrs
  const size = 2 * depthRadius + 1
  return channelsFirst(to, to.recorded(tensors.x).value, 4, (first) =>
    to.add('LRN', [first], { alpha: alpha * size, beta, bias, size }),
  )
}

const batchNorm: Lowering<'FusedBatchNorm'> = (call) => {
  const { tensors, to } = call
  if (tensors.mean.shape.length === 1) return byChannel(call)
  const parameters = [tensors.mean, tensors.variance, tensors.scale, tensors.offset]
  if (parameters.every((tensor) => tensor === undefined || isTail(tensor.shape, tensors.x.shape)))
    return byElement(call)
  const detail = 'along another axis than the last'
  throw new RoentgenError('ROE_OP_UNSUPPORTED', { where: to.place, kernel: 'FusedBatchNorm', detail })
}

/** Whether a parameter is as long as the map in its last axes, and has no others. Of other parameters tfjs's backends
 *  make different things: cpu and wasm count through them in the order in which they lie, webgl broadcasts. */
function isTail(shape: readonly number[], whole: readonly number[]): boolean {
  const long = shape.slice(
    Math.max(
      0,
      shape.findIndex((size) => size !== 1),
    ),
  )
  return long.every((size, i) => size === whole[whole.length - long.length + i])
}

type Norm = Parameters<Lowering<'FusedBatchNorm'>>[0]

/** LayerNormalization gives a mean for each element: (x - mean) / sqrt(variance + epsilon). */
function byElement({ tensors, attrs, to }: Norm): string {
  const value = (tensor: TensorInfo): string => to.recorded(tensor).value
  const variance = value(tensors.variance)
  const noise = to.add('Add', [variance, to.scalar(attrs.varianceEpsilon, 'epsilon', variance)])
  const centred = to.add('Sub', [value(tensors.x), value(tensors.mean)])
  const normal = to.add('Div', [centred, to.add('Sqrt', [noise])])
  const scaled = tensors.scale ? to.add('Mul', [normal, value(tensors.scale)]) : normal
  return tensors.offset ? to.add('Add', [scaled, value(tensors.offset)]) : scaled
}

function byChannel({ tensors, attrs, to }: Norm): string {
  const channels = tensors.x.shape.at(-1) ?? 1
  const constant = (value: number, what: string): string =>
    to.float(new Float32Array(channels).fill(value), [channels], what)
  const parameters = [
    tensors.scale ? to.recorded(tensors.scale).value : constant(1, 'gamma'),
    tensors.offset ? to.recorded(tensors.offset).value : constant(0, 'beta'),
    to.recorded(tensors.mean).value,
    to.recorded(tensors.variance).value,
  ]
  const { value, shape } = to.recorded(tensors.x)
  const normal = (first: string): string =>
    to.add('BatchNormalization', [first, ...parameters], { epsilon: attrs.varianceEpsilon })
  const rows = rowsBehind(to, value)
  if (rows === undefined) return channelsFirst(to, value, shape.length, normal)
  const rank = to.infoOf(rows).shape.length
  return to.reshape(rank === 2 ? normal(rows) : channelsFirst(to, rows, rank, normal), shape)
}

/** tfjs makes four axes of rows, and of sequences, by axes of length 1 before them; ONNX normalizes them as they are. */
function rowsBehind(to: Recording, value: string): string | undefined {
  const node = to.draft.nodes.findLast(({ outputs }) => outputs.includes(value))
  if (node?.op !== 'Reshape') return undefined
  const [rows, shape] = [to.infoOf(node.inputs[0]!).shape, to.infoOf(value).shape]
  const added = shape.length - rows.length
  const isThat =
    added > 0 && rows.length > 1 && shape.every((size, axis) => size === (rows[axis - added] ?? 1))
  return isThat ? node.inputs[0] : undefined
}

export const POOL = {
  AvgPool: pool('AveragePool') satisfies Lowering<'AvgPool'>,
  AvgPool3D: volumePool('AveragePool', 'AvgPool3D'),
  Dilation2D: dilation2d,
  FusedBatchNorm: batchNorm,
  LRN: lrn,
  MaxPool: pool('MaxPool') satisfies Lowering<'MaxPool'>,
  MaxPool3D: volumePool('MaxPool', 'MaxPool3D'),
  MaxPoolWithArgmax: maxPoolWithArgmax,
}
