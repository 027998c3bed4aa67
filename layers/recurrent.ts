/** Keras' GRU whose reset gate comes after the product (`reset_after`, the default since TensorFlow 2): tfjs has only the
 *  other one. In inference: no dropout. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { activationOf, type Config, initialZeros, register, type Shape } from './own-layer.ts'

type CellArgs = ConstructorParameters<typeof tfl.layers.RNNCell>[0]

/** z, r = recurrent_activation(x·K + b + h·R + c), candidate = activation(x·K + b + r ∘ (h·R + c)), next = z∘h + (1-z)∘candidate
 *  @source keras.layers.GRUCell */
class ResetAfterGruCell extends tfl.layers.RNNCell {
  static className = 'RoentgenGRUCell'
  readonly stateSize: number
  readonly #config: Config
  #kernel!: tfl.LayerVariable
  #recurrent!: tfl.LayerVariable
  #bias: tfl.LayerVariable | undefined

  constructor(config: Config) {
    super({ name: config.name, dtype: config.dtype } as CellArgs)
    this.#config = config
    this.stateSize = Number(config.units)
  }

  override build(shape: Shape | Shape[]): void {
    const given = (Array.isArray(shape[0]) ? shape[0] : shape) as Shape
    const gates = 3 * this.stateSize
    this.#kernel = this.addWeight('kernel', [given.at(-1) as number, gates], 'float32', initialZeros())
    this.#recurrent = this.addWeight('recurrent_kernel', [this.stateSize, gates], 'float32', initialZeros())
    if (this.#config.useBias !== false)
      this.#bias = this.addWeight('bias', [2, gates], 'float32', initialZeros())
    this.built = true
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
    return tf.tidy(() => {
      const [x, before] = inputs as [tf.Tensor2D, tf.Tensor2D]
      const [outer, inner] = this.#bias === undefined ? [] : tf.unstack(this.#bias.read())
      const gatesOf = (
        from: tf.Tensor2D,
        by: tfl.LayerVariable,
        bias: tf.Tensor | undefined,
      ): tf.Tensor[] => {
        const product = tf.matMul(from, by.read() as tf.Tensor2D)
        return tf.split(bias === undefined ? product : tf.add(product, bias), 3, 1)
      }
      const [xz, xr, xh] = gatesOf(x, this.#kernel, outer)
      const [hz, hr, hh] = gatesOf(before, this.#recurrent, inner)
      const gate = activationOf({ activation: this.#config.recurrentActivation ?? 'sigmoid' })
      const z = gate(tf.add(xz!, hz!))
      const r = gate(tf.add(xr!, hr!))
      const candidate = activationOf({ activation: this.#config.activation ?? 'tanh' })(
        tf.add(xh!, tf.mul(r, hh!)),
      )
      const next = tf.add(tf.mul(z, before), tf.mul(tf.sub(1, z), candidate))
      return [next, next]
    })
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...this.#config, name: this.name } as tf.serialization.ConfigDict
  }
}

/** A GRU is a loop over that cell; `Bidirectional` makes another one of its configuration. */
class ResetAfterGru extends tfl.layers.RNN {
  static override className = 'RoentgenGRU'
  readonly #config: Config

  constructor(config: Config) {
    const { name: _, ...cell } = config
    super({ ...config, cell: new ResetAfterGruCell(cell) } as ConstructorParameters<typeof tfl.layers.RNN>[0])
    this.#config = config
  }

  static override fromConfig = ((own: new (config: Config) => ResetAfterGru, config: Config) =>
    new own(config)) as typeof tfl.layers.RNN.fromConfig

  override getConfig(): tf.serialization.ConfigDict {
    const { cell: _, ...rest } = this.#config
    return { ...rest, name: this.name } as tf.serialization.ConfigDict
  }
}

register(ResetAfterGruCell)
register(ResetAfterGru)
