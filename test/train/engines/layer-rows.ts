/** Every layer type that the backbones train through, small, with what its gradient is checked on. */
import { type LayersModel, layers } from '@tensorflow/tfjs-layers'
import { edgePoolLayer, normalizationLayer, scaledSumLayer } from '../../../layers/index.ts'
import { SeededDropout } from '../../../models/index.ts'

export interface LayerRow {
  name: string
  /** Several where a layer joins. */
  inputs: number[][]
  make: () => layers.Layer
  /** How far apart inputs lie, times 40. */
  spread?: number
  /** Half of the step of its finite difference, where the usual one crosses the kinks of its activation. */
  step?: number
}

/** What makes a gradient another one: class, activation and padding. */
export function kindOf(layer: LayersModel['layers'][number]): string {
  const { activation, padding } = layer as unknown as Record<string, unknown>
  const name = (activation as { getClassName?: () => string } | undefined)?.getClassName?.() ?? ''
  return [layer.getClassName(), name, typeof padding === 'string' ? padding : '']
    .filter((word) => word !== '')
    .join(' ')
}

const MAP = [6, 5, 3]

export const LAYER_ROWS: readonly LayerRow[] = [
  { name: 'Dense', inputs: [[7]], make: () => layers.dense({ units: 4 }) },
  { name: 'Dense, softmax', inputs: [[7]], make: () => layers.dense({ units: 4, activation: 'softmax' }) },
  { name: 'Conv2D, valid', inputs: [MAP], make: () => layers.conv2d({ filters: 4, kernelSize: 3 }) },
  {
    name: 'Conv2D, same, bias and ReLU apart',
    inputs: [MAP],
    make: () => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
  },
  {
    name: 'Conv2D, same, stride 2',
    inputs: [MAP],
    make: () => layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
  },
  {
    name: 'Conv2D, 1 x 7, stride 1',
    inputs: [MAP],
    make: () => layers.conv2d({ filters: 2, kernelSize: [1, 7], padding: 'same' }),
  },
  { name: 'Conv2D, 1 x 1', inputs: [MAP], make: () => layers.conv2d({ filters: 4, kernelSize: 1 }) },
  {
    name: 'Conv2D, sigmoid',
    inputs: [MAP],
    make: () => layers.conv2d({ filters: 4, kernelSize: 1, activation: 'sigmoid' }),
  },
  {
    name: 'DepthwiseConv2D, same',
    inputs: [MAP],
    make: () => layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', useBias: false }),
  },
  {
    name: 'DepthwiseConv2D, valid, stride 2',
    inputs: [MAP],
    make: () => layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'valid' }),
  },
  {
    name: 'DepthwiseConv2D, 5 x 5, same, stride 2',
    inputs: [MAP],
    make: () => layers.depthwiseConv2d({ kernelSize: 5, strides: 2, padding: 'same', useBias: false }),
  },
  {
    name: 'SeparableConv2D',
    inputs: [MAP],
    make: () => layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same', useBias: false }),
  },
  { name: 'BatchNormalization', inputs: [MAP], make: () => layers.batchNormalization({ epsilon: 1e-3 }) },
  {
    name: 'BatchNormalization without scale',
    inputs: [MAP],
    make: () => layers.batchNormalization({ scale: false }),
  },
  {
    name: 'BatchNormalization without center',
    inputs: [MAP],
    make: () => layers.batchNormalization({ center: false }),
  },
  { name: 'BatchNormalization of vectors', inputs: [[7]], make: () => layers.batchNormalization({}) },
  {
    name: 'BatchNormalization, frozen',
    inputs: [MAP],
    make: () => layers.batchNormalization({ trainable: false }),
  },
  { name: 'ReLU', inputs: [MAP], make: () => layers.activation({ activation: 'relu' }) },
  { name: 'ReLU6', inputs: [MAP], make: () => layers.reLU({ maxValue: 6 }), spread: 8 },
  { name: 'sigmoid', inputs: [MAP], make: () => layers.activation({ activation: 'sigmoid' }) },
  { name: 'swish', inputs: [MAP], make: () => layers.activation({ activation: 'swish' }) },
  { name: 'softmax', inputs: [[7]], make: () => layers.softmax() },
  {
    name: 'MaxPooling2D',
    inputs: [MAP],
    make: () => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'valid' }),
  },
  {
    name: 'MaxPooling2D, same',
    inputs: [MAP],
    make: () => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  },
  {
    name: 'AveragePooling2D, same',
    inputs: [MAP],
    make: () => layers.averagePooling2d({ poolSize: 3, strides: 1, padding: 'same' }),
  },
  {
    name: 'AveragePooling2D, same, stride 2',
    inputs: [MAP],
    make: () => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  },
  { name: 'AveragePooling2D', inputs: [MAP], make: () => layers.averagePooling2d({ poolSize: 2 }) },
  { name: 'GlobalAveragePooling2D', inputs: [MAP], make: () => layers.globalAveragePooling2d({}) },
  {
    name: 'ZeroPadding2D',
    inputs: [MAP],
    make: () =>
      layers.zeroPadding2d({
        padding: [
          [0, 1],
          [2, 0],
        ],
      }),
  },
  { name: 'Add', inputs: [MAP, MAP], make: () => layers.add() },
  { name: 'Multiply', inputs: [MAP, MAP], make: () => layers.multiply() },
  { name: 'Multiply, one for each channel', inputs: [MAP, [1, 1, 3]], make: () => layers.multiply() },
  { name: 'Concatenate', inputs: [MAP, [6, 5, 2]], make: () => layers.concatenate() },
  { name: 'Flatten', inputs: [MAP], make: () => layers.flatten() },
  { name: 'Reshape', inputs: [MAP], make: () => layers.reshape({ targetShape: [3, 30] }) },
  {
    name: 'Dense, ReLU',
    inputs: [[7]],
    make: () => layers.dense({ units: 4, activation: 'relu' }),
    step: 1e-3,
  },
  {
    name: 'Conv2D, same, ReLU',
    inputs: [MAP],
    make: () => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
    step: 1e-3,
  },
  {
    name: 'Conv2D, same, sigmoid',
    inputs: [MAP],
    make: () => layers.conv2d({ filters: 4, kernelSize: 1, padding: 'same', activation: 'sigmoid' }),
  },
  {
    name: 'Conv2D, same, swish',
    inputs: [MAP],
    make: () => layers.conv2d({ filters: 4, kernelSize: 1, padding: 'same', activation: 'swish' }),
  },
  { name: 'ScaledSum', inputs: [MAP, MAP], make: () => scaledSumLayer({ scale: 0.17 }) },
  { name: 'Normalization', inputs: [MAP], make: () => normalizationLayer({ axis: -1 }) },
  { name: 'Rescaling', inputs: [MAP], make: () => layers.rescaling({ scale: 0.5, offset: -1 }) },
  { name: 'EdgePool, odd sides', inputs: [[7, 5, 3]], make: () => edgePoolLayer({}) },
  { name: 'EdgePool, even sides', inputs: [[6, 8, 3]], make: () => edgePoolLayer({}) },
  { name: 'SeededDropout', inputs: [MAP], make: () => new SeededDropout({ rate: 0.4, seed: 3 }) },
  {
    name: 'SeededDropout of whole films',
    inputs: [MAP],
    make: () => new SeededDropout({ rate: 0.4, seed: 3, wholeFilms: true }),
  },
]
