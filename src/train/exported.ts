/** What of a network goes into the file: films → probabilities and, where its head has them, activation maps. */
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import type { RecordedFunction } from '../../converters/index.ts'
import { findMapSource, type MapSource, SCALINGS, type ScalingName, withMaps } from '../../models/index.ts'

export interface Exported {
  /** Films → probabilities [N, classes]. */
  whole: (inputs: tf.Tensor[]) => tf.Tensor
  /** Where its activation maps come from; null for a head that has none. */
  maps: MapSource | null
  /** Films → probabilities and, where there are any, maps. */
  exported: RecordedFunction
}

/** @param net  scaled films [N, h, w, 3] → probabilities */
export function exportedOf(net: LayersModel, scaling: ScalingName): Exported {
  const scaled = scaledBy(scaling)
  const whole = (inputs: tf.Tensor[]): tf.Tensor => net.apply(scaled(inputs)) as tf.Tensor
  const found = findMapSource(net.outputs[0] as SymbolicTensor)
  const maps = 'lacks' in found ? null : found
  return { whole, maps, exported: maps === null ? whole : withMaps(whole, maps) }
}

/** Films [N, h, w, 3], 0..255 → what a network takes. */
export const scaledBy =
  (scaling: ScalingName) =>
  ([films]: tf.Tensor[]): tf.Tensor =>
    SCALINGS[scaling].apply(tf.cast(films as tf.Tensor4D, 'float32'))
