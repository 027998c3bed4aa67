/** Every layer type that the backbones train through, small, with what its gradient is checked on. */
import { layers } from '@tensorflow/tfjs-layers'

export interface LayerRow {
  name: string
  /** Several where a layer joins. */
  inputs: number[][]
  make: () => layers.Layer
  /** How far apart inputs lie, times 40. */
  spread?: number
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
]
