/** What a row of the table of layers is: a factory of tfjs-layers, the arguments that it is called with, and the inputs
 *  that its layer is tried on. One table proves each factory alone and is what random models are made of. */
import type * as tfl from '@tensorflow/tfjs-layers'

type Factories = typeof tfl.layers

/** What a factory makes: a layer, or the cell of a recurrent one. */
export type Made = tfl.layers.Layer
export type Symbols = tfl.SymbolicTensor | tfl.SymbolicTensor[]

/** Every function of `tf.layers` that makes a layer; its classes and `input` are none. */
export type Factory = {
  [Name in keyof Factories]: Factories[Name] extends (...args: never[]) => infer Result
    ? Result extends tfl.SymbolicTensor
      ? never
      : Name
    : never
}[keyof Factories]

export type ArgsOf<Name extends Factory> = Factories[Name] extends (args: infer Args) => unknown
  ? Args
  : never

/** One input, without its batch. */
export interface CaseInput {
  shape: readonly number[]
  dtype: 'float32' | 'int32'
  from: number
  to: number
  /** Only whole numbers, though it may be of float32: indices, categories. */
  isWhole?: boolean
}

export interface LayerCase<Args = never> {
  inputs: readonly CaseInput[]
  /** Made anew for each model where it holds layers, and by the shape of the first input where it depends on it. */
  args: Args | ((shape: readonly number[]) => Args)
  /** How the layer is called, where it is not called on the inputs alone. */
  call?: (layer: Made, inputs: tfl.SymbolicTensor[]) => Symbols
  /** What calls it, where it is not the settings that matter. */
  title?: string
  /** The words of the error, where it cannot be converted, and why, for the page. */
  refused?: { words: string; why: string }
  /** In random models it stands on inputs of its own: what it makes of others a last digit decides, or tfjs cannot run it. */
  isAlone?: boolean
}

export const floats = (...shape: number[]): CaseInput => ({ shape, dtype: 'float32', from: -2, to: 2 })

/** Whole numbers below 256, which is what `verify` draws, too. */
export const wholes = (...shape: number[]): CaseInput => ({
  shape,
  dtype: 'int32',
  from: 0,
  to: 256,
  isWhole: true,
})

export const ROW = [floats(6)]
export const SEQUENCE = [floats(7, 4)]
export const MAP = [floats(7, 6, 3)]
export const FIRST = [floats(3, 7, 6)]
export const VOLUME = [floats(5, 5, 6, 2)]
export const MAPS = [floats(3, 6, 5, 2)]

/** Recurrent weights that tfjs can draw with its core alone; all weights are replaced. */
export const START = { recurrentInitializer: 'glorotUniform' } as const

type Given<Args> = LayerCase<Args>['args']
type More<Args> = Omit<LayerCase<Args>, 'inputs' | 'args'>

/** A case of its own, for what tfjs itself or the converter refuses. */
export const refuse = <Args>(
  inputs: readonly CaseInput[],
  args: Given<Args>,
  words: string,
  why: string,
): LayerCase<Args>[] => [{ inputs, args, refused: { words, why } }]

/** A case for each of the arguments, on the same inputs. */
export const on = <Args>(inputs: readonly CaseInput[], ...all: Given<Args>[]): LayerCase<Args>[] =>
  all.map((args) => ({ inputs, args }))

/** A case that is called in a way of its own. */
export const as = <Args>(
  inputs: readonly CaseInput[],
  args: Given<Args>,
  more: More<Args>,
): LayerCase<Args>[] => [{ inputs, args, ...more }]
