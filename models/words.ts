/** The words in which builders say a network: a call for each layer. Names that Keras leaves to itself (`conv2d_1`) are
 *  counted here as in a fresh session of Keras: by class, in the order of the calls, the first without a number. */
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { scaledSumLayer } from '../layers/index.ts'
import { deriveSeed } from '../random.ts'
import { kernelInitializer, LINEAR_GAIN } from './initial.ts'
import type { Plan } from './plan.ts'
import { SeededDropout } from './seeded-dropout.ts'

/** A map or a vector on its way through the network. */
export type Value = SymbolicTensor
/** Rows and columns, or both at once. */
export type Size = number | readonly [number, number]
/** Before and behind, of rows and of columns. */
export type Padding = readonly [readonly [number, number], readonly [number, number]]

interface ConvolutionOptions {
  name?: string | undefined
  strides?: number
  padding?: 'same' | 'valid'
  useBias?: boolean
  activation?: 'relu' | 'sigmoid' | 'swish' | 'softmax'
  /** Of random kernels: see `initial.ts`. */
  gain?: number
}

interface NormOptions {
  name?: string | undefined
  epsilon?: number
  momentum?: number
  /** Without it there is no gamma. */
  scale?: boolean
}

export type Activation = 'relu' | 'relu6' | 'swish' | 'softmax'

interface NormalizedOptions extends Omit<NormOptions, 'name'> {
  bn?: string | undefined
  act?: string | undefined
}

interface PoolOptions {
  name?: string | undefined
  strides?: number
  padding?: 'same' | 'valid'
}

export class Words {
  readonly #plan: Plan
  readonly #counts = new Map<string, number>()

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** The network from an input to an output. */
  model(inputs: Value, outputs: Value): LayersModel {
    return model({ inputs, outputs, name: this.#plan.name })
  }

  /** Scaled films. */
  input(): Value {
    return input({ shape: [...this.#plan.inputShape], name: 'input_1' })
  }

  conv(x: Value, filters: number, kernelSize: Size, options: ConvolutionOptions = {}): Value {
    const { name = this.named('conv2d'), gain, padding = 'valid', ...more } = options
    const fanIn = areaOf(kernelSize) * channelsOf(x)
    const kernel = kernelInitializer(name, fanIn, this.#plan.seed, gain)
    const size = sizeOf(kernelSize)
    return put(
      layers.conv2d({ filters, kernelSize: size, padding, kernelInitializer: kernel, ...more, name }),
      x,
    )
  }

  depthwise(
    x: Value,
    kernelSize: number,
    { gain, ...options }: ConvolutionOptions & { name: string },
  ): Value {
    const kernel = kernelInitializer(options.name, kernelSize * kernelSize, this.#plan.seed, gain)
    return put(
      layers.depthwiseConv2d({
        kernelSize,
        padding: 'valid',
        useBias: false,
        depthwiseInitializer: kernel,
        ...options,
      }),
      x,
    )
  }

  /** A depthwise kernel of 3 x 3, then one of 1 x 1, without bias. */
  separable(x: Value, filters: number, name: string, gain?: number): Value {
    const { seed } = this.#plan
    const layer = layers.separableConv2d({
      filters,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: kernelInitializer(`${name}/depthwise`, 9, seed, LINEAR_GAIN),
      name,
    })
    // tfjs reads over `pointwiseInitializer` and takes the other one twice.
    const pointwise = kernelInitializer(`${name}/pointwise`, channelsOf(x), seed, gain)
    Object.assign(layer, { pointwiseInitializer: pointwise })
    return put(layer, x)
  }

  norm(x: Value, { name = this.named('batch_normalization'), ...options }: NormOptions = {}): Value {
    return put(layers.batchNormalization({ ...options, name }), x)
  }

  activation(x: Value, activation: Activation, name = this.named('activation')): Value {
    return put(
      activation === 'relu6' ? layers.reLU({ maxValue: 6, name }) : layers.activation({ activation, name }),
      x,
    )
  }

  /** Batch normalization, then an activation. */
  normalized(x: Value, activation: Activation, { bn, act, ...options }: NormalizedOptions = {}): Value {
    return this.activation(this.norm(x, { ...options, name: bn }), activation, act)
  }

  /** Zeros around a map. */
  pad(x: Value, padding: Padding, name = this.named('zero_padding2d')): Value {
    const [rows, columns] = padding
    return put(layers.zeroPadding2d({ padding: [[...rows], [...columns]], name }), x)
  }

  maxPool(
    x: Value,
    poolSize: number,
    { name = this.named('max_pooling2d'), ...options }: PoolOptions = {},
  ): Value {
    return put(layers.maxPooling2d({ poolSize, padding: 'valid', ...options, name }), x)
  }

  averagePool(
    x: Value,
    poolSize: number,
    { name = this.named('average_pooling2d'), ...options }: PoolOptions = {},
  ): Value {
    return put(layers.averagePooling2d({ poolSize, padding: 'valid', ...options, name }), x)
  }

  globalAverage(x: Value, name = this.named('global_average_pooling2d')): Value {
    return put(layers.globalAveragePooling2d({ name }), x)
  }

  add(values: Value[], name = this.named('add')): Value {
    return put(layers.add({ name }), values)
  }

  /** x + scale * y */
  addScaled(x: Value, y: Value, scale: number): Value {
    return put(scaledSumLayer({ scale, name: this.named('custom_scale_layer') }), [x, y])
  }

  /** Channels of maps after each other. */
  concat(values: Value[], name = this.named('concatenate')): Value {
    return put(layers.concatenate({ name }), values)
  }

  /** In training. @param wholeFilms  see `SeededDropout` */
  dropout(x: Value, rate: number, name = this.named('dropout'), wholeFilms = false): Value {
    const seed = deriveSeed(this.#plan.dropoutSeed, name)
    return put(new SeededDropout({ rate, seed, wholeFilms, name }), x)
  }

  dense(x: Value, units: number, activation: 'relu' | 'softmax', name: string): Value {
    const kernel = kernelInitializer(name, channelsOf(x), this.#plan.seed)
    return put(layers.dense({ units, activation, kernelInitializer: kernel, name }), x)
  }

  /** Any other layer. */
  put(x: Value | Value[], layer: layers.Layer): Value {
    return put(layer, x)
  }

  /** The next free name of a class of layers. */
  named(kind: string): string {
    const count = this.#counts.get(kind) ?? 0
    this.#counts.set(kind, count + 1)
    return count === 0 ? kind : `${kind}_${count}`
  }
}

export const channelsOf = (x: Value): number => x.shape.at(-1) as number

/** What makes a convolution with a stride of 2 and padding 'valid' see what Keras means: the middle of its kernel falls on
 *  the second pixel of a map of even size, on the first of an odd one. @source keras.applications.imagenet_utils.correct_pad */
export function correctPad({ shape }: Value, kernelSize: number): Padding {
  const half = Math.floor(kernelSize / 2)
  const around = (side: number): [number, number] => [half - (side % 2 === 0 ? 1 : 0), half]
  return [around(shape[1] as number), around(shape[2] as number)]
}

/** Filters as a multiple of 8, never less than 90 % of what was asked for.
 *  @source Sandler et al. 2018: _make_divisible */
export function divisibleBy8(filters: number): number {
  const rounded = Math.max(8, Math.floor(Math.trunc(filters + 4) / 8) * 8)
  return rounded < 0.9 * filters ? rounded + 8 : rounded
}

const sizeOf = (size: Size): [number, number] => (typeof size === 'number' ? [size, size] : [...size])
const areaOf = (size: Size): number => sizeOf(size).reduce((a, b) => a * b)

const put = (layer: layers.Layer, x: Value | Value[]): Value => layer.apply(x) as Value
