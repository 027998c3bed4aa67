/** Builds networks of the VGG family, layer for layer as `keras.applications` names and orders them. */
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { kernelInitializer } from './initial.ts'
import type { Plan } from './plan.ts'

/** Units of the two hidden layers of the top. */
const TOP_UNITS = 4096

/** @returns a model [batch, h, w, 3] → [batch, h / 32, w / 32, 512], or → [batch, classes] with the top
 *  @source Simonyan & Zisserman 2014, configuration D (VGG16) */
export function buildVgg(name: string, plan: Plan): LayersModel {
  const inputs = input({ shape: [...plan.inputShape], name: 'input_1' })
  let x = inputs
  let channels: number = plan.inputShape[2]
  plan.blocks.forEach(([filters, count], block) => {
    for (let i = 1; i <= count; i++) {
      x = convolution(x, `block${block + 1}_conv${i}`, channels, filters, plan.seed)
      channels = filters
    }
    x = apply(layers.maxPooling2d({ poolSize: 2, strides: 2, name: `block${block + 1}_pool` }), x)
  })
  return model({ inputs, outputs: plan.includeTop ? top(x, plan) : x, name })
}

function convolution(x: SymbolicTensor, name: string, channels: number, filters: number, seed?: number) {
  const kernel = kernelInitializer(name, 9 * channels, seed)
  return apply(
    layers.conv2d({
      filters,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: kernel,
      name,
    }),
    x,
  )
}

function top(trunk: SymbolicTensor, { classes, seed }: Plan): SymbolicTensor {
  let x = apply(layers.flatten({ name: 'flatten' }), trunk)
  for (const [name, units, activation] of [
    ['fc1', TOP_UNITS, 'relu'],
    ['fc2', TOP_UNITS, 'relu'],
    ['predictions', classes, 'softmax'],
  ] as const) {
    const fanIn = x.shape[1] ?? 1
    x = apply(
      layers.dense({ units, activation, kernelInitializer: kernelInitializer(name, fanIn, seed), name }),
      x,
    )
  }
  return x
}

const apply = (layer: layers.Layer, x: SymbolicTensor): SymbolicTensor => layer.apply(x) as SymbolicTensor
