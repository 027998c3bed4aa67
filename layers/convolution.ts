/** Convolutions of Keras that tfjs-layers lacks or reads otherwise: groups, causal and dilated ones, those along one axis,
 *  and transposed ones with dilation or output padding. One axis is computed as the second of two. */
import * as tf from '@tensorflow/tfjs-core'
import {
  activationOf,
  type Config,
  channelsLast,
  isChannelsFirst,
  type OwnLayer,
  perAxis,
  registerLayer,
  type Shape,
  shapeChannelsLast,
} from './own-layer.ts'

type Padding = 'valid' | 'same'
interface Window {
  size: number[]
  strides: number[]
  dilations: number[]
  padding: string
}

const windowOf = ({ kernelSize, strides, dilationRate, padding }: Config): Window => {
  const size = [kernelSize].flat() as number[]
  return {
    size,
    strides: perAxis(strides, size.length),
    dilations: perAxis(dilationRate, size.length),
    padding: String(padding ?? 'valid'),
  }
}

const channelsOf = (shape: Shape, config: Config): number =>
  (isChannelsFirst(config) ? shape[1] : shape.at(-1)) as number

/** A multiplier that Keras leaves out is one. */
const multiplierOf = ({ depthMultiplier }: Config): number => Number(depthMultiplier ?? 1)

const biasOf = ({ useBias }: Config, size: number): [string, number[]][] =>
  useBias === false ? [] : [['bias', [size]]]

function sidesAfter(sides: Shape, { size, strides, dilations, padding }: Window): Shape {
  return sides.map((side, i) => {
    if (side === null) return null
    const reach = padding === 'valid' ? (size[i]! - 1) * dilations[i]! : 0
    return Math.ceil((side - reach) / strides[i]!)
  })
}

/** Adds the bias and applies the activation. */
const finish = (x: tf.Tensor, { bias }: Record<string, tf.Tensor>, config: Config): tf.Tensor =>
  activationOf(config)(bias === undefined ? x : tf.add(x, bias))

/** Keras pads a causal convolution in front. */
function padded(x: tf.Tensor, { size, dilations, padding }: Window): [tf.Tensor, Padding] {
  if (padding !== 'causal') return [x, padding as Padding]
  return [
    tf.pad(x, [
      [0, 0],
      [(size[0]! - 1) * dilations[0]!, 0],
      [0, 0],
    ]),
    'valid',
  ]
}

/** Two axes for what has one: [batch, steps, channels] is [batch, 1, steps, channels]. */
const raised = (values: readonly number[]): [number, number] =>
  values.length === 1 ? [1, values[0]!] : [values[0]!, values[1]!]

/** Runs `compute` on two axes, whatever `x` has. */
function onTwoAxes(
  x: tf.Tensor,
  kernels: tf.Tensor[],
  compute: (x: tf.Tensor4D, kernels: tf.Tensor4D[]) => tf.Tensor,
): tf.Tensor {
  if (x.rank === 4) return compute(x as tf.Tensor4D, kernels as tf.Tensor4D[])
  const lifted = kernels.map((kernel) => tf.expandDims(kernel, 0) as tf.Tensor4D)
  return tf.squeeze(compute(tf.expandDims(x, 1) as tf.Tensor4D, lifted), [1])
}

function convolve(x: tf.Tensor, kernel: tf.Tensor, window: Window, padding: Padding): tf.Tensor {
  const { strides, dilations } = window
  if (x.rank === 5)
    return tf.conv3d(
      x as tf.Tensor5D,
      kernel as tf.Tensor5D,
      strides as [number, number, number],
      padding,
      'NDHWC',
      dilations as [number, number, number],
    )
  return onTwoAxes(x, [kernel], (x4, [kernel4]) =>
    tf.conv2d(x4, kernel4!, raised(strides), padding, 'NHWC', raised(dilations)),
  )
}

const groupsOf = ({ groups }: Config): number => Number(groups ?? 1)

const conv: OwnLayer = {
  weights: (config, [shape]) => {
    const filters = Number(config.filters)
    const { size } = windowOf(config)
    return [
      ['kernel', [...size, channelsOf(shape, config) / groupsOf(config), filters]],
      ...biasOf(config, filters),
    ]
  },
  shape: (config, [shape]) =>
    shapeChannelsLast(shape, config, (sides) => [
      sidesAfter(sides, windowOf(config)),
      Number(config.filters),
    ]),
  call: ([x], weights, config) =>
    channelsLast(x, config, (inner) => {
      const window = windowOf(config)
      const [ready, padding] = padded(inner, window)
      const groups = groupsOf(config)
      const kernels = tf.split(weights.kernel!, groups, -1)
      const parts = tf.split(ready, groups, -1).map((part, i) => convolve(part, kernels[i]!, window, padding))
      return finish(groups === 1 ? parts[0]! : tf.concat(parts, -1), weights, config)
    }),
}

const depthwise = (x: tf.Tensor, kernel: tf.Tensor, { strides, dilations, padding }: Window): tf.Tensor =>
  onTwoAxes(x, [kernel], (x4, [kernel4]) =>
    tf.depthwiseConv2d(x4, kernel4!, raised(square(strides)), padding as Padding, 'NHWC', raised(dilations)),
  )

/** tfjs wants equal strides of depthwise kernels; the axis that one raises has no other size than one. */
const square = (values: readonly number[]): number[] =>
  values.length === 1 ? [values[0]!, values[0]!] : [...values]

const depthwiseConv: OwnLayer = {
  weights: (config, [shape]) => {
    const channels = channelsOf(shape, config)
    const times = multiplierOf(config)
    return [
      ['depthwise_kernel', [...windowOf(config).size, channels, times]],
      ...biasOf(config, channels * times),
    ]
  },
  shape: (config, [shape]) =>
    shapeChannelsLast(shape, config, (sides, channels) => [
      sidesAfter(sides, windowOf(config)),
      (channels ?? 0) * multiplierOf(config),
    ]),
  call: ([x], weights, config) =>
    channelsLast(x, config, (inner) => {
      const kernel = weights.depthwise_kernel!
      return finish(depthwise(inner, kernel, windowOf(config)), weights, config)
    }),
}

const separableConv: OwnLayer = {
  weights: (config, [shape]) => {
    const channels = channelsOf(shape, config)
    const times = multiplierOf(config)
    const { size } = windowOf(config)
    const filters = Number(config.filters)
    return [
      ['depthwise_kernel', [...size, channels, times]],
      ['pointwise_kernel', [...size.map(() => 1), channels * times, filters]],
      ...biasOf(config, filters),
    ]
  },
  shape: conv.shape!,
  call: ([x], weights, config) =>
    channelsLast(x, config, (inner) => {
      const window = windowOf(config)
      const [ready, padding] = padded(inner, window)
      const deep = depthwise(ready, weights.depthwise_kernel!, { ...window, padding })
      const one = { ...window, strides: window.size.map(() => 1), dilations: window.size.map(() => 1) }
      return finish(convolve(deep, weights.pointwise_kernel!, one, 'valid'), weights, config)
    }),
}

/** @source keras.src.backend.common.backend_utils.compute_conv_transpose_output_shape */
function transposedSide(side: number, i: number, window: Window, more: number | undefined): number {
  const { size, strides, dilations, padding } = window
  const reach = (size[i]! - 1) * dilations[i]! + 1
  const stride = strides[i]!
  if (more !== undefined)
    return (side - 1) * stride + reach + more - (padding === 'same' ? 2 * Math.floor(reach / 2) : 0)
  return padding === 'same' ? side * stride : side * stride + Math.max(reach - stride, 0)
}

const moreOf = ({ outputPadding }: Config, rank: number): (number | undefined)[] =>
  outputPadding === null || outputPadding === undefined
    ? Array.from({ length: rank }, () => undefined)
    : perAxis(outputPadding, rank)

/** What a full transposed convolution has in front of the part that is kept: the padding of the convolution of the wanted
 *  size that it turns around. */
const cutBefore = (
  side: number,
  i: number,
  { size, strides, dilations, padding }: Window,
  wanted: number,
): number => {
  if (padding !== 'same') return 0
  const reach = (size[i]! - 1) * dilations[i]! + 1
  return Math.floor(Math.max((side - 1) * strides[i]! + reach - wanted, 0) / 2)
}

/** With zeros between the numbers of each of `axes`, as many as the dilation asks. */
function dilated(x: tf.Tensor, dilations: readonly number[]): tf.Tensor {
  return dilations.reduce((inner, dilation, axis) => {
    if (dilation === 1) return inner
    const size = inner.shape[axis]!
    const wide = tf.expandDims(inner, axis + 1)
    const pads = wide.shape.map((_, i): [number, number] => [0, i === axis + 1 ? dilation - 1 : 0])
    const shape = [...inner.shape]
    shape[axis] = size * dilation
    const full = tf.reshape(tf.pad(wide, pads), shape)
    const end = [...shape]
    end[axis] = (size - 1) * dilation + 1
    return tf.slice(
      full,
      shape.map(() => 0),
      end,
    )
  }, x)
}

const convTranspose: OwnLayer = {
  weights: (config, [shape]) => {
    const filters = Number(config.filters)
    const { size } = windowOf(config)
    return [['kernel', [...size, filters, channelsOf(shape, config)]], ...biasOf(config, filters)]
  },
  shape: (config, [shape]) =>
    shapeChannelsLast(shape, config, (sides) => {
      const more = moreOf(config, sides.length)
      const window = windowOf(config)
      return [
        sides.map((side, i) => (side === null ? null : transposedSide(side, i, window, more[i]))),
        Number(config.filters),
      ]
    }),
  call: ([x], weights, config) =>
    channelsLast(x, config, (inner) => {
      const window = windowOf(config)
      const kernel = dilated(weights.kernel!, window.dilations)
      const sides = inner.shape.slice(1, -1)
      const more = moreOf(config, sides.length)
      const reach = kernel.shape.slice(0, sides.length)
      const full = sides.map((side, i) => (side - 1) * window.strides[i]! + reach[i]!)
      const filters = Number(config.filters)
      const whole = onTwoAxes(inner, [kernel], (x4, [kernel4]) =>
        tf.conv2dTranspose(
          x4,
          kernel4!,
          [x4.shape[0], ...raised(full), filters],
          raised(window.strides),
          'valid',
        ),
      )
      const wanted = sides.map((side, i) => transposedSide(side, i, window, more[i]))
      const from = sides.map((side, i) => cutBefore(side, i, window, wanted[i]!))
      return finish(cutOrPadded(whole, from, wanted), weights, config)
    }),
}

/** `wanted` numbers from `from` on along the inner axes; zeros where there are no more. */
function cutOrPadded(x: tf.Tensor, from: readonly number[], wanted: readonly number[]): tf.Tensor {
  const missing = wanted.map((size, i) => Math.max(0, from[i]! + size - x.shape[i + 1]!))
  const whole = missing.every((size) => size === 0)
    ? x
    : tf.pad(x, [[0, 0], ...missing.map((size): [number, number] => [0, size]), [0, 0]])
  const isAll = wanted.every((size, i) => from[i] === 0 && size === whole.shape[i + 1])
  return isAll ? whole : tf.slice(whole, [0, ...from, 0], [-1, ...wanted, -1])
}

registerLayer('RoentgenConv', conv)
registerLayer('RoentgenDepthwiseConv', depthwiseConv)
registerLayer('RoentgenSeparableConv', separableConv)
registerLayer('RoentgenConvTranspose', convTranspose)
