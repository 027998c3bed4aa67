/** How a layer of Keras that tfjs lacks, or computes in another way, is told to tfjs: as a row of what it weighs, which
 *  shape it gives and what it computes in inference. Its name is our own, so that tfjs's layers keep tfjs's meaning. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'

/** As tfjs hands it over: keys in camel case, and words, too (`channelsFirst`). */
export type Config = Record<string, unknown>
export type Shape = (number | null)[]

type LayerArgs = ConstructorParameters<typeof tfl.layers.Layer>[0]
type SomeClass = tf.serialization.SerializableConstructor<never>
export type Tensors = [tf.Tensor, ...tf.Tensor[]]

/** A weight by its name. One that begins with a number is no parameter: it is kept, not trained. */
export type Weight = [name: string, shape: number[], begins?: number]

export interface OwnLayer {
  /** Names and shapes of the weights, in Keras' order. */
  weights?: (config: Config, shapes: [Shape, ...Shape[]]) => Weight[]
  /** Of the output [the first input's]. */
  shape?: (config: Config, shapes: [Shape, ...Shape[]]) => Shape
  /** @param weights  by their names; only those that `weights` lists
   *  @param mask  [batch, steps], where the layer before gives one: false for steps that do not count */
  call: (inputs: Tensors, weights: Record<string, tf.Tensor>, config: Config, mask?: tf.Tensor) => tf.Tensor
}

/** Makes a class known to tfjs. */
export function register(something: object): void {
  tf.serialization.registerClass(something as SomeClass)
}

/** Makes a layer known to tfjs under `className`.
 *  @returns what makes one of its configuration, whose `name` is the layer's */
export function registerLayer(
  className: string,
  { weights, shape, call }: OwnLayer,
): (config: Config) => tfl.layers.Layer {
  class Own extends tfl.layers.Layer {
    static className = className
    readonly #config: Config
    #weights: [string, tfl.LayerVariable][] = []

    constructor(config: Config) {
      super(config as LayerArgs)
      this.#config = config
      this.supportsMasking = true
    }

    override build(given: Shape | Shape[]): void {
      this.#weights = (weights?.(this.#config, listOf(given)) ?? []).map(([name, size, begins]) => [
        name,
        this.addWeight(name, size, 'float32', initialNumber(begins ?? 0), undefined, begins === undefined),
      ])
      this.built = true
    }

    override computeOutputShape(given: Shape | Shape[]): Shape {
      const shapes = listOf(given)
      return shape?.(this.#config, shapes) ?? shapes[0]
    }

    override call(
      inputs: tf.Tensor | tf.Tensor[],
      { mask }: { mask?: tf.Tensor | tf.Tensor[] } = {},
    ): tf.Tensor {
      return tf.tidy(() => {
        const values = this.#weights.map(([name, variable]) => [name, variable.read()] as const)
        const [one] = [mask].flat()
        return call([inputs].flat() as Tensors, Object.fromEntries(values), this.#config, one ?? undefined)
      })
    }

    override getConfig(): tf.serialization.ConfigDict {
      return { ...this.#config, name: this.name } as tf.serialization.ConfigDict
    }
  }
  register(Own)
  return (config) => new Own(config)
}

const listOf = (shapes: Shape | Shape[]): [Shape, ...Shape[]] =>
  (Array.isArray(shapes[0]) ? shapes : [shapes]) as [Shape, ...Shape[]]

const initial: tf.Tensor[] = []

/** What weights are until they are read; tfjs forgets the initial values of layers that stand in a wrapper. */
class InitialNumber {
  static className = 'RoentgenZeros'
  static fromConfig = (): InitialNumber => new InitialNumber()
  readonly #value: number
  constructor(value = 0) {
    this.#value = value
  }
  apply = (shape: number[]): tf.Tensor => {
    const values = this.#value === 0 ? tf.zeros(shape) : tf.fill(shape, this.#value)
    initial.push(values)
    return values
  }
  getConfig = (): object => ({})
  getClassName = (): string => InitialNumber.className
}
register(InitialNumber)

const initialNumber = (value: number) =>
  new InitialNumber(value) as unknown as Parameters<tfl.layers.Layer['addWeight']>[3]

export const initialZeros = () => initialNumber(0)

/** Gives back what the weights built so far were made of; the weights stay. */
export const disposeInitial = (): void => tf.dispose(initial.splice(0))

/** The function behind an activation's name; none is the identity. */
export function activationOf({ activation }: Config): (x: tf.Tensor) => tf.Tensor {
  const { classNameMap } = tf.serialization.SerializationMap.getMap()
  const [Activation] = classNameMap[String(activation ?? 'linear')] ?? []
  if (Activation === undefined) throw new Error(`there is no activation '${activation}'`)
  const { apply } = new (Activation as unknown as new () => { apply: (x: tf.Tensor) => tf.Tensor })()
  return apply
}

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

export const isChannelsFirst = ({ dataFormat }: Config): boolean => dataFormat === 'channelsFirst'

/** The same number for each of `rank` axes, or the numbers themselves. */
export const perAxis = (value: unknown, rank: number, otherwise = 1): number[] =>
  Array.isArray(value) ? (value as number[]) : Array.from({ length: rank }, () => Number(value ?? otherwise))

/** Runs `compute` on a tensor whose channels are the last axis. */
export function channelsLast(x: tf.Tensor, config: Config, compute: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (!isChannelsFirst(config)) return compute(x)
  const inner = Array.from({ length: x.rank - 2 }, (_, i) => i + 2)
  const back = Array.from({ length: x.rank - 2 }, (_, i) => i + 1)
  return tf.transpose(compute(tf.transpose(x, [0, ...inner, 1])), [0, x.rank - 1, ...back])
}

/** The same of shapes. */
export function shapeChannelsLast(
  [batch = null, ...rest]: Shape,
  config: Config,
  compute: (sides: Shape, channels: number | null) => [sides: Shape, channels: number | null],
): Shape {
  const isFirst = isChannelsFirst(config)
  const sides = isFirst ? rest.slice(1) : rest.slice(0, -1)
  const [size, channels] = compute(sides, (isFirst ? rest[0] : rest.at(-1)) ?? null)
  return isFirst ? [batch, channels, ...size] : [batch, ...size, channels]
}
