/** A whole model that was read: what the recorder runs, and what it says of itself. Types only. */
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers'
import type { NodeNames, RecordedFunction, RecordInput } from '../../record/record.ts'

/** One layer, or one node of a GraphModel. */
export interface Part {
  name: string
  /** Its class, or its operation. */
  type: string
  /** Of its output, batch first; undefined where it is known only when the model runs. */
  shape: readonly (number | null)[] | undefined
  parameters: number
}

export interface ReadModel {
  /** `tfjs LayersModel`, `Keras 3 .keras` …, as the table of readers says it. */
  format: string
  run: RecordedFunction
  /** Types, names and layouts as the model has them; null where a size is open. */
  inputs: readonly RecordInput[]
  outputs: readonly string[]
  /** For the names of nodes and weights; none in a GraphModel. */
  layers: readonly layers.Layer[]
  /** The outputs, from which its layers can be walked back; none in a GraphModel. */
  ends?: readonly SymbolicTensor[]
  /** Of a GraphModel. */
  names?: NodeNames
  parts: readonly Part[]
  parameters: number
  /** Class names that lie beside the model, and in which file. */
  labels: { names: readonly string[]; file: string } | undefined
  dispose: () => void
}

/** What a reader gives; the rest is the same for all. */
export type BareModel = Omit<ReadModel, 'format' | 'labels'>
