/** Convolutions, pools and batch normalization. tfjs computes them NHWC, ONNX NCHW: each is written between two
 *  Transposes, which the rules then sink and cancel; no other file knows of layouts. */
import {
  backend_util,
  type FusedConv2DAttrs,
  type FusedDepthwiseConv2DAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import { permute } from '../../graph/permute.ts'
import type { HostValues, Recording } from '../recording.ts'
import { biasAndActivation } from './elementwise.ts'
import type { KernelCall, Lowering } from './kernel.ts'

const TO_NCHW = [0, 3, 1, 2]
const TO_NHWC = [0, 2, 3, 1]

/** Writes `node` on the NCHW form of `x`. */
const inNchw = (to: Recording, x: TensorInfo, node: (nchw: string) => string): string => {
  const nchw = to.add('Transpose', [to.recorded(x).value], { perm: TO_NCHW })
  return to.add('Transpose', [node(nchw)], { perm: TO_NHWC })
}

interface Window {
  strides: readonly number[]
  pads: readonly number[]
  dilations: readonly number[]
}

const windowOf = (info: backend_util.Conv2DInfo): Window => {
  const { top, left } = info.padInfo
  // Sizes that tfjs rounds up need room behind the map, since ONNX rounds down.
  const reach = (out: number, stride: number, kernel: number): number => (out - 1) * stride + kernel
  const lowest = reach(info.outHeight, info.strideHeight, info.effectiveFilterHeight) - info.inHeight - top
  const rightmost = reach(info.outWidth, info.strideWidth, info.effectiveFilterWidth) - info.inWidth - left
  const [bottom, right] = [Math.max(info.padInfo.bottom, lowest), Math.max(info.padInfo.right, rightmost)]
  return {
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
    dilations: [info.dilationHeight, info.dilationWidth],
  }
}

const requireNhwc = (to: Recording, kernel: string, dataFormat: string | undefined): void => {
  if (dataFormat !== undefined && dataFormat !== 'NHWC' && dataFormat !== 'channelsLast') {
    throw new RoentgenError('ROE_OP_UNSUPPORTED', {
      where: to.place,
      kernel,
      detail: `data format ${dataFormat}`,
    })
  }
}

const requireHost = (to: Recording, kernel: string, filter: TensorInfo): HostValues => {
  const values = to.hostValues(filter)
  if (values !== undefined) return values
  throw new RoentgenError('ROE_OP_UNSUPPORTED', {
    where: to.place,
    kernel,
    detail: 'a filter that is computed',
  })
}

interface ConvAttrs {
  strides: [number, number] | number
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  dilations: [number, number] | number | null
  dataFormat?: 'NHWC' | 'NCHW'
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** Conv without its bias; `depthwise` filters are [H, W, C, multiplier], others [H, W, in, out]. */
function convolution(
  to: Recording,
  kernel: string,
  x: TensorInfo,
  filter: TensorInfo,
  attrs: ConvAttrs,
  depthwise: boolean,
): string {
  requireNhwc(to, kernel, attrs.dataFormat)
  const info = backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number, number],
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  )
  const [height = 1, width = 1, channels = 1, multiplier = 1] = filter.shape
  const weight = to.layout(filter.dataId, depthwise ? 'C1HW' : 'OIHW', () => {
    const values = requireHost(to, kernel, filter) as Float32Array
    const source = { dtype: 'float32', shape: filter.shape, data: values } as const
    if (!depthwise) return permute(source, [3, 2, 0, 1])
    return { ...permute(source, [2, 3, 0, 1]), shape: [channels * multiplier, 1, height, width] }
  })
  const attributes = { kernel_shape: [height, width], ...windowOf(info), group: depthwise ? channels : 1 }
  return inNchw(to, x, (nchw) => to.add('Conv', [nchw, weight], attributes))
}

export interface FusedInputs {
  x: TensorInfo
  filter: TensorInfo
  bias?: TensorInfo
}

const fusedConvolution =
  (depthwise: boolean, kernel: 'FusedConv2D' | 'FusedDepthwiseConv2D') =>
  ({ tensors, attrs, to }: KernelCall<FusedInputs, FusedConv2DAttrs | FusedDepthwiseConv2DAttrs>): string =>
    biasAndActivation(to, convolution(to, kernel, tensors.x, tensors.filter, attrs as ConvAttrs, depthwise), {
      kernel,
      bias: tensors.bias,
      activation: attrs.activation,
      leakyreluAlpha: 'leakyreluAlpha' in attrs ? attrs.leakyreluAlpha : undefined,
    })

interface PoolAttrs {
  filterSize: [number, number] | number
  strides: [number, number] | number
  pad: 'valid' | 'same' | number | backend_util.ExplicitPadding
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** TensorFlow's average leaves padding out of the count, as ONNX does by default. */
const pool = (op: 'MaxPool' | 'AveragePool', to: Recording, x: TensorInfo, attrs: PoolAttrs): string => {
  const info = backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  )
  const { strides, pads } = windowOf(info)
  const attributes = { kernel_shape: [info.filterHeight, info.filterWidth], strides, pads }
  return inNchw(to, x, (nchw) => to.add(op, [nchw], attributes))
}

const batchNorm: Lowering<'FusedBatchNorm'> = ({ tensors, attrs, to }) => {
  const channels = tensors.x.shape.at(-1) ?? 1
  if (tensors.mean.shape.length !== 1) {
    throw new RoentgenError('ROE_OP_UNSUPPORTED', {
      where: to.place,
      kernel: 'FusedBatchNorm',
      detail: 'along another axis than the last',
    })
  }
  const constant = (value: number, what: string): string =>
    to.constant({ dtype: 'float32', shape: [channels], data: new Float32Array(channels).fill(value) }, what)
  const parameters = [
    tensors.scale ? to.recorded(tensors.scale).value : constant(1, 'gamma'),
    tensors.offset ? to.recorded(tensors.offset).value : constant(0, 'beta'),
    to.recorded(tensors.mean).value,
    to.recorded(tensors.variance).value,
  ]
  const attributes = { epsilon: attrs.varianceEpsilon }
  return inNchw(to, tensors.x, (nchw) => to.add('BatchNormalization', [nchw, ...parameters], attributes))
}

export const CONVOLUTION = {
  AvgPool: (({ tensors, attrs, to }) =>
    pool('AveragePool', to, tensors.x, attrs)) satisfies Lowering<'AvgPool'>,
  Conv2D: (({ tensors, attrs, to }) =>
    convolution(
      to,
      'Conv2D',
      tensors.x,
      tensors.filter,
      attrs as ConvAttrs,
      false,
    )) satisfies Lowering<'Conv2D'>,
  DepthwiseConv2dNative: (({ tensors, attrs, to }) =>
    convolution(
      to,
      'DepthwiseConv2dNative',
      tensors.x,
      tensors.filter,
      attrs as ConvAttrs,
      true,
    )) satisfies Lowering<'DepthwiseConv2dNative'>,
  FusedBatchNorm: batchNorm,
  FusedConv2D: fusedConvolution(false, 'FusedConv2D'),
  FusedDepthwiseConv2D: fusedConvolution(true, 'FusedDepthwiseConv2D'),
  MaxPool: (({ tensors, attrs, to }) => pool('MaxPool', to, tensors.x, attrs)) satisfies Lowering<'MaxPool'>,
}
