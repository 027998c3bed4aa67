/** A backbone of the table as `inspect` shows any model, built without weights; and what a cutoff leaves to train of it. */
import { type LayersModel, type layers, model as modelOf, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { layersModel } from '../../converters/read/models/layers-model.ts'
import type { ReadModel } from '../../converters/read/models/model.ts'
import {
  BACKBONES,
  type BackboneName,
  buildBackbone,
  cutoffOf,
  type HeadName,
  headLayers,
  parametersAt,
} from '../../models/index.ts'

export interface BackboneWishes {
  /** As `cutoffOf` takes it. */
  cutoff?: number | undefined
  alpha?: number | undefined
  /** Pixels a side [of the published weights]. */
  size?: number | undefined
  head?: HeadName | undefined
  /** Outputs of the head [2]. */
  classes?: number | undefined
}

/** What a cutoff leaves. */
export interface Training {
  /** Layers of the trunk that are frozen, the input among them, and how many it has. */
  frozenLayers: number
  trunkLayers: number
  /** The last frozen one. */
  upTo: string | null
  trainable: number
  /** With the moving statistics of trained batch normalizations, which no optimizer moves. */
  notTrainable: number
}

/** A tfjs backend must be registered. @throws ROE_BACKBONE for what the backbone or the head does not take */
export function openBackbone(
  name: BackboneName,
  wishes: BackboneWishes,
): { model: ReadModel; training: Training } {
  const { inputSize, paper } = BACKBONES[name]
  const { alpha, size = inputSize, cutoff = 0 } = wishes
  const trunk = buildBackbone(name, {
    includeTop: false,
    inputShape: [size, size, 3],
    ...(alpha === undefined ? {} : { alpha }),
  })
  const frozenLayers = cutoffOf(trunk, cutoff)
  const whole = withHead(trunk, wishes)
  const { total, trainable } = parametersAt(whole, frozenLayers)
  return {
    model: { ...layersModel(whole), format: `backbone ${name} (${paper})`, labels: undefined },
    training: {
      frozenLayers,
      trunkLayers: trunk.layers.length,
      upTo: trunk.layers[frozenLayers - 1]?.name ?? null,
      trainable,
      notTrainable: total - trainable,
    },
  }
}

function withHead(trunk: LayersModel, { head, classes = 2 }: BackboneWishes): LayersModel {
  if (head === undefined) return trunk
  const end = trunk.outputs[0] as SymbolicTensor
  const featureShape = end.shape.slice(1) as [number, number, number]
  const { frozen, trainable } = headLayers(head, { classes, seed: 0, featureShape })
  const put = (x: SymbolicTensor, layer: layers.Layer) => layer.apply(x) as SymbolicTensor
  return modelOf({ inputs: trunk.inputs, outputs: [...frozen, ...trainable].reduce(put, end) })
}
