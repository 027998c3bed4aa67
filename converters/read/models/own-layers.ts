/** Layers and activations of Keras that tfjs lacks, or computes in another way, in inference. Registered with tfjs under
 *  names of our own, so that models of tfjs itself keep tfjs's meaning. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

type Config = Record<string, unknown>
type Shape = (number | null)[]

const one = (inputs: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(inputs) ? inputs[0]! : inputs)

/** Keras' smallest deviation. */
const SMALLEST_DEVIATION = 1e-7

/** (x - mean) / deviation along `axis`; the statistics are weights, or stand in the configuration.
 *  @source keras.layers.Normalization */
class Normalization extends tfl.layers.Layer {
  static className = 'RoentgenNormalization'
  readonly #config: Config
  #statistics: tfl.LayerVariable[] = []

  constructor(config: Config) {
    super(config as ConstructorParameters<typeof tfl.layers.Layer>[0])
    this.#config = config
  }

  override build(shape: Shape | Shape[]): void {
    const own = [...this.#kept(shape as Shape)]
    if (this.#config.mean == null) {
      const sizes = own.map((axis) => (shape as Shape)[axis] as number)
      const zeros = tfl.initializers.zeros()
      this.#statistics = [
        this.addWeight('mean', sizes, 'float32', zeros, undefined, false),
        this.addWeight('variance', sizes, 'float32', zeros, undefined, false),
        this.addWeight('count', [], 'float32', zeros, undefined, false),
      ]
    }
    this.built = true
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = tf.cast(one(inputs), 'float32')
      const [mean, variance] = this.#statistics.map((weight) => weight.read())
      const kept = this.#kept(x.shape)
      const broadcast = x.shape.map((size, axis) => (kept.includes(axis) ? size : 1))
      const given = (value: unknown): tf.Tensor => {
        const statistic = tf.tensor(value as number[], undefined, 'float32')
        return statistic.size === 1 ? tf.reshape(statistic, []) : tf.reshape(statistic, broadcast)
      }
      const centre = mean === undefined ? given(this.#config.mean) : tf.reshape(mean, broadcast)
      const spread = variance === undefined ? given(this.#config.variance) : tf.reshape(variance, broadcast)
      const deviation = tf.maximum(tf.sqrt(spread), SMALLEST_DEVIATION)
      return this.#config.invert === true
        ? tf.add(centre, tf.mul(x, deviation))
        : tf.div(tf.sub(x, centre), deviation)
    })
  }

  /** The axes along which the statistics differ, ascending. */
  #kept(shape: readonly unknown[]): number[] {
    const { axis = -1 } = this.#config as { axis?: number | number[] | null }
    const axes = axis === null ? [] : [axis].flat()
    return axes.map((a) => (a < 0 ? a + shape.length : a)).sort((a, b) => a - b)
  }
}

/** Global pools that keep the pooled axes. */
class GlobalPoolKeepingAxes extends tfl.layers.Layer {
  static className = 'RoentgenGlobalPool'
  readonly #config: Config

  constructor(config: Config) {
    super(config as ConstructorParameters<typeof tfl.layers.Layer>[0])
    this.#config = config
  }

  override computeOutputShape(shape: Shape | Shape[]): Shape {
    const axes = this.#axes((shape as Shape).length)
    return (shape as Shape).map((size, axis) => (axes.includes(axis) ? 1 : size))
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = one(inputs)
    const axes = this.#axes(x.rank)
    return this.#config.how === 'max' ? tf.max(x, axes, true) : tf.mean(x, axes, true)
  }

  #axes(rank: number): number[] {
    const first = this.#config.dataFormat === 'channelsFirst' ? 2 : 1
    return Array.from({ length: rank - 2 }, (_, i) => first + i)
  }
}

/** Keras resizes by the centres of pixels, tfjs's UpSampling2D and Resizing by their corners. */
class CentredResize extends tfl.layers.Layer {
  static className = 'RoentgenCentredResize'
  readonly #config: Config

  constructor(config: Config) {
    super(config as ConstructorParameters<typeof tfl.layers.Layer>[0])
    this.#config = config
  }

  override computeOutputShape(shape: Shape | Shape[]): Shape {
    const [batch, height, width, channels] = shape as Shape
    const [h, w] = this.#size([height ?? null, width ?? null])
    return [batch ?? null, h, w, channels ?? null]
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = one(inputs) as tf.Tensor4D
    const size = this.#size([x.shape[1], x.shape[2]]) as [number, number]
    return this.#config.interpolation === 'nearest'
      ? tf.image.resizeNearestNeighbor(x, size, false, true)
      : tf.image.resizeBilinear(x, size, false, true)
  }

  #size(sides: (number | null)[]): [number | null, number | null] {
    const { height, width, size } = this.#config as { height?: number; width?: number; size?: number[] }
    const scaled = sides.map((side, i) => (side === null ? null : side * (size?.[i] ?? 1)))
    return [height ?? scaled[0] ?? null, width ?? scaled[1] ?? null]
  }
}

for (const layer of [Normalization, GlobalPoolKeepingAxes, CentredResize])
  tf.serialization.registerClass(layer as unknown as tf.serialization.SerializableConstructor<never>)

const initial: tf.Tensor[] = []

/** What weights are until they are read; tfjs forgets the initial values of layers that stand in a wrapper. */
class InitialZeros {
  static className = 'RoentgenZeros'
  static fromConfig = (): InitialZeros => new InitialZeros()
  apply = (shape: number[]): tf.Tensor => {
    const zeros = tf.zeros(shape)
    initial.push(zeros)
    return zeros
  }
  getConfig = (): object => ({})
  getClassName = (): string => InitialZeros.className
}
tf.serialization.registerClass(InitialZeros as unknown as tf.serialization.SerializableConstructor<never>)

/** Gives back what the weights built so far were made of; the weights stay. */
export const disposeInitialZeros = (): void => tf.dispose(initial.splice(0))

/** Functions that tfjs-layers lacks or that Keras 3 defines anew. @source keras.activations */
const ACTIVATIONS: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  roentgenHardSigmoid: (x) => tf.div(tf.relu6(tf.add(x, 3)), 6),
  roentgenHardSwish: (x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)),
  roentgenLeakyRelu: (x) => tf.leakyRelu(x, 0.2),
  roentgenExponential: (x) => tf.exp(x),
}

for (const [className, apply] of Object.entries(ACTIVATIONS)) {
  class OwnActivation {
    static className = className
    static fromConfig = (): OwnActivation => new OwnActivation()
    apply = apply
    getConfig = (): object => ({})
    getClassName = (): string => className
  }
  tf.serialization.registerClass(OwnActivation as unknown as tf.serialization.SerializableConstructor<never>)
}
