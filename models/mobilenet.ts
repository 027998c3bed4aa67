/** Builds MobileNet v1, layer for layer as `keras.applications` of Keras 2 names and orders them.
 *  One difference: `reshape_1` after the pooling, as Keras had it before 2.7 (tfjs' pooling has no `keepdims`). */
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { kernelInitializer } from './initial.ts'
import type { Plan } from './plan.ts'

/** Filters of the first convolution at alpha 1. */
const FIRST_FILTERS = 32
/** Dropout before the classifier; the top is only run, not trained here, so it needs no seed. */
const TOP_DROPOUT = 0.001

/** Keras' rule for the width of a layer: rounded down.
 *  @returns 0 where alpha is too small for the layer */
export const scaledFilters = (filters: number, alpha: number): number => Math.floor(filters * alpha)

/** @returns a model [batch, h, w, 3] → [batch, h / 32, w / 32, 1024 · alpha], or → [batch, classes] with the top
 *  @source Howard et al. 2017, table 1 */
export function buildMobilenet(name: string, plan: Plan): LayersModel {
  const inputs = input({ shape: [...plan.inputShape], name: 'input_1' })
  const first = scaledFilters(FIRST_FILTERS, plan.alpha)
  let x = chain(inputs, [
    layers.conv2d({
      filters: first,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      useBias: false,
      kernelInitializer: kernelInitializer('conv1', 9 * plan.inputShape[2], plan.seed),
      name: 'conv1',
    }),
    ...normalizedRelu6('conv1'),
  ])
  let channels = first
  plan.blocks.forEach(([filters, stride], i) => {
    const wide = scaledFilters(filters, plan.alpha)
    x = chain(x, [...depthwise(i + 1, stride, plan.seed), ...pointwise(i + 1, channels, wide, plan.seed)])
    channels = wide
  })
  return model({ inputs, outputs: plan.includeTop ? chain(x, top(channels, plan)) : x, name })
}

function depthwise(block: number, strides: number, seed?: number): layers.Layer[] {
  const name = `conv_dw_${block}`
  const convolution = layers.depthwiseConv2d({
    kernelSize: 3,
    strides,
    padding: strides === 1 ? 'same' : 'valid',
    useBias: false,
    depthwiseInitializer: kernelInitializer(name, 9, seed),
    name,
  })
  // Padding at the far edges only: the same as TensorFlow's 'same' at even sizes, and what Keras does at odd ones.
  const far: [number, number] = [0, 1]
  const padding = layers.zeroPadding2d({ padding: [far, far], name: `conv_pad_${block}` })
  return [...(strides === 1 ? [] : [padding]), convolution, ...normalizedRelu6(name)]
}

function pointwise(block: number, channels: number, filters: number, seed?: number): layers.Layer[] {
  const name = `conv_pw_${block}`
  const convolution = layers.conv2d({
    filters,
    kernelSize: 1,
    padding: 'same',
    useBias: false,
    kernelInitializer: kernelInitializer(name, channels, seed),
    name,
  })
  return [convolution, ...normalizedRelu6(name)]
}

const normalizedRelu6 = (name: string): layers.Layer[] => [
  layers.batchNormalization({ name: `${name}_bn` }),
  layers.reLU({ maxValue: 6, name: `${name}_relu` }),
]

const top = (channels: number, { classes, seed }: Plan): layers.Layer[] => [
  layers.globalAveragePooling2d({ name: 'global_average_pooling2d' }),
  layers.reshape({ targetShape: [1, 1, channels], name: 'reshape_1' }),
  layers.dropout({ rate: TOP_DROPOUT, name: 'dropout' }),
  layers.conv2d({
    filters: classes,
    kernelSize: 1,
    padding: 'same',
    kernelInitializer: kernelInitializer('conv_preds', channels, seed),
    name: 'conv_preds',
  }),
  layers.reshape({ targetShape: [classes], name: 'reshape_2' }),
  layers.activation({ activation: 'softmax', name: 'predictions' }),
]

const chain = (x: SymbolicTensor, list: readonly layers.Layer[]): SymbolicTensor =>
  list.reduce((value, layer) => layer.apply(value) as SymbolicTensor, x)
