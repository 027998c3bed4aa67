/** Where a backbone is cut into a frozen and a trainable part. Layers are numbered from 0, the input, in the order of
 *  `model.layers`, as Keras numbers them. */
import { type LayersModel, model } from '@tensorflow/tfjs-layers'
import { RoentgenError } from '../errors.ts'

/** The part of a backbone from its input to the output of one layer; it shares the weights.
 *  @throws ROE_BACKBONE where there is no such layer */
export function cutAt(backbone: LayersModel, layer: string): LayersModel {
  const found = backbone.layers.find(({ name }) => name === layer)
  if (found === undefined) throw refuse(backbone.name, `it has no layer '${layer}'`)
  return model({ inputs: backbone.inputs, outputs: found.output, name: `${backbone.name}_to_${layer}` })
}

/** How many layers, counted from the input, a cutoff freezes.
 *  @param cutoff  that number (0: none), or below 0 what Keras' `layers[:cutoff]` leaves
 *  @throws ROE_BACKBONE where the backbone has fewer layers */
export function cutoffOf({ name, layers }: LayersModel, cutoff: number): number {
  if (Number.isInteger(cutoff) && Math.abs(cutoff) <= layers.length)
    return cutoff < 0 ? layers.length + cutoff : cutoff
  const count = layers.length
  throw refuse(
    name,
    `it has ${count} layers, so that a cutoff is a whole number from ${-count} to ${count}, not ${cutoff}`,
  )
}

/** Parameters of a backbone whose first `frozen` layers are not trained. The moving statistics of a batch normalization
 *  are in the total alone. */
export function parametersAt(backbone: LayersModel, frozen: number): { total: number; trainable: number } {
  const count = (layers: LayersModel['layers'], of: 'weights' | 'trainableWeights'): number =>
    layers
      .flatMap((layer) => layer[of])
      .reduce((sum, { shape }) => sum + shape.reduce<number>((product, size) => product * (size ?? 1), 1), 0)
  return {
    total: count(backbone.layers, 'weights'),
    trainable: count(backbone.layers.slice(frozen), 'trainableWeights'),
  }
}

const refuse = (where: string, problem: string): RoentgenError =>
  new RoentgenError('ROE_BACKBONE', { where, problem })
