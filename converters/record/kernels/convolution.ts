/** Convolutions and their transposes, over maps and volumes, with filters laid out as ONNX wants them. */
import {
  backend_util,
  type FusedConv2DAttrs,
  type FusedDepthwiseConv2DAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { permute } from '../../graph/permute.ts'
import type { Recording } from '../recording.ts'
import { padWith } from './array.ts'
import { biasAndActivation } from './elementwise.ts'
import type { KernelCall, Lowering } from './kernel.ts'
import { channelsFirst, requireChannelsLast, requireHost } from './layout.ts'
import { type Axis, cutEdges, mapAxes, volumeAxes, windowOf } from './window.ts'

type Map4 = [number, number, number, number]
type Volume = [number, number, number, number, number]

interface ConvAttrs {
  strides: [number, number] | number
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  dilations: [number, number] | number | null
  dataFormat?: 'NHWC' | 'NCHW'
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** A filter with its channels first, permuted once on the host: [H, W, in, out] -> [out, in, H, W]. ConvTranspose
 *  wants the same of tfjs's filters, which have in and out exchanged already. */
function weightOf(to: Recording, kernel: string, filter: TensorInfo): string {
  const rank = filter.shape.length
  return to.layout(filter.dataId, 'OI…', () => {
    const data = requireHost(to, kernel, filter, 'a filter that is') as Float32Array
    const spatial = [...Array(rank - 2).keys()]
    return permute({ dtype: 'float32', shape: filter.shape, data }, [rank - 1, rank - 2, ...spatial])
  })
}

/** [H, W, C, multiplier] -> [C * multiplier, 1, H, W] */
function depthwiseWeight(to: Recording, kernel: string, filter: TensorInfo): string {
  const [height = 1, width = 1, channels = 1, multiplier = 1] = filter.shape
  return to.layout(filter.dataId, 'C1HW', () => {
    const data = requireHost(to, kernel, filter, 'a filter that is') as Float32Array
    const source = { dtype: 'float32', shape: filter.shape, data } as const
    return { ...permute(source, [2, 3, 0, 1]), shape: [channels * multiplier, 1, height, width] }
  })
}

/** Conv without its bias. */
function convolution(
  to: Recording,
  kernel: string,
  { x, filter }: { x: TensorInfo; filter: TensorInfo },
  attrs: ConvAttrs,
  depthwise: boolean,
): string {
  const isFirst = kernel === 'Conv2D' && attrs.dataFormat === 'NCHW'
  if (!isFirst) requireChannelsLast(to, kernel, attrs.dataFormat)
  const info = backend_util.computeConv2DInfo(
    x.shape as Map4,
    filter.shape as Map4,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    isFirst ? 'channelsFirst' : 'channelsLast',
  )
  const weight = (depthwise ? depthwiseWeight : weightOf)(to, kernel, filter)
  const window = windowOf(mapAxes(info), info.padInfo.type)
  const attributes = { ...window, group: depthwise ? info.inChannels : 1 }
  const conv = (value: string): string => to.add('Conv', [value, weight], attributes)
  const { value } = to.recorded(x)
  return isFirst ? conv(value) : channelsFirst(to, value, 4, conv)
}

const conv2d: Lowering<'Conv2D'> = ({ tensors, attrs, to }) =>
  convolution(to, 'Conv2D', tensors, attrs as ConvAttrs, false)

const depthwise: Lowering<'DepthwiseConv2dNative'> = ({ tensors, attrs, to }) =>
  convolution(to, 'DepthwiseConv2dNative', tensors, attrs as ConvAttrs, true)

export interface FusedInputs {
  x: TensorInfo
  filter: TensorInfo
  bias?: TensorInfo
  preluActivationWeights?: TensorInfo
}

const fused =
  (isDepthwise: boolean, kernel: 'FusedConv2D' | 'FusedDepthwiseConv2D') =>
  ({ tensors, attrs, to }: KernelCall<FusedInputs, FusedConv2DAttrs | FusedDepthwiseConv2DAttrs>): string =>
    biasAndActivation(to, convolution(to, kernel, tensors, attrs as ConvAttrs, isDepthwise), {
      kernel,
      bias: tensors.bias,
      activation: attrs.activation,
      leakyreluAlpha: attrs.leakyreluAlpha,
      preluActivationWeights: tensors.preluActivationWeights,
    })

const conv3d: Lowering<'Conv3D'> = ({ tensors, attrs, to }) => {
  const { x, filter } = tensors
  requireChannelsLast(to, 'Conv3D', attrs.dataFormat)
  const info = backend_util.computeConv3DInfo(
    x.shape as Volume,
    filter.shape as Volume,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
  )
  const weight = weightOf(to, 'Conv3D', filter)
  const { value, axes } = cutEdges(to, to.recorded(x).value, x.shape, volumeAxes(info))
  const attributes = { ...windowOf(axes, info.padInfo.type), group: 1 }
  return channelsFirst(to, value, 5, (first) => to.add('Conv', [first, weight], attributes))
}

/** The gradient of a convolution is the transposed convolution: it goes from the output's shape to the input's. */
function transposed(to: Recording, dy: TensorInfo, weight: string, given: readonly Axis[]): string {
  // A window that begins behind the edge (see cutEdges) leaves zeros before it.
  const zeros = given.map(({ before }) => Math.max(0, -before))
  const axes = given.map((axis, i) => ({
    ...axis,
    input: axis.input - zeros[i]!,
    before: Math.max(0, axis.before),
    after: Math.max(0, axis.after),
  }))
  // How much the input is longer than what the windows reach; where it is shorter, more is cut behind.
  const missing = axes.map(
    ({ input, output, kernel, stride, before, after }) =>
      input - (stride * (output - 1) + kernel - before - after),
  )
  const attributes = {
    kernel_shape: axes.map(({ kernel }) => kernel),
    strides: axes.map(({ stride }) => stride),
    pads: [
      ...axes.map(({ before }) => before),
      ...axes.map(({ after }, i) => after - Math.min(missing[i]!, 0)),
    ],
    output_padding: missing.map((length) => Math.max(length, 0)),
    group: 1,
  }
  const whole = channelsFirst(to, to.recorded(dy).value, dy.shape.length, (value) =>
    to.add('ConvTranspose', [value, weight], attributes),
  )
  if (zeros.every((count) => count === 0)) return whole
  return padWith(to, whole, [[0, 0], ...zeros.map((count) => [count, 0]), [0, 0]], 0)
}

const conv2dTranspose: Lowering<'Conv2DBackpropInput'> = ({ tensors, attrs, to }) => {
  const { dy, filter } = tensors
  requireChannelsLast(to, 'Conv2DBackpropInput', attrs.dataFormat)
  const info = backend_util.computeConv2DInfo(
    attrs.inputShape,
    filter.shape as Map4,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  )
  return transposed(to, dy, weightOf(to, 'Conv2DBackpropInput', filter), mapAxes(info))
}

const conv3dTranspose: Lowering<'Conv3DBackpropInputV2'> = ({ tensors, attrs, to }) => {
  const { dy, filter } = tensors
  const info = backend_util.computeConv3DInfo(
    attrs.inputShape,
    filter.shape as Volume,
    attrs.strides,
    1,
    attrs.pad,
  )
  return transposed(to, dy, weightOf(to, 'Conv3DBackpropInputV2', filter), volumeAxes(info))
}

export const CONVOLUTION = {
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dTranspose,
  Conv3D: conv3d,
  Conv3DBackpropInputV2: conv3dTranspose,
  DepthwiseConv2dNative: depthwise,
  FusedConv2D: fused(false, 'FusedConv2D'),
  FusedDepthwiseConv2D: fused(true, 'FusedDepthwiseConv2D'),
}
