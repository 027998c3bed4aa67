/** The second output of a model file, its class activation maps (S3.6): what it is called, and what the file says of it. */
import { describeTensor } from '../../converters/onnx/header.ts'
import { RoentgenError } from '../../errors.ts'
import type { ModelFile } from './model-file.ts'

/** float32 [N, classes, h, w]. */
export const MAPS_OUTPUT = 'cam'

/** Metadata of the file: which layer's map it is of, and the poolings behind that layer which the weights belong to. */
export const mapsFacts = ({ map, poolings }: { map: { name: string }; poolings: readonly string[] }) => ({
  cam: { layer: map.name, poolings },
})

/** Places of a model's maps.
 *  @throws ROE_MODEL_OUTPUT where it gives none */
export function mapsSizeOf({ path, labels, outputs }: ModelFile): { width: number; height: number } {
  const cam = outputs.find(({ name }) => name === MAPS_OUTPUT)
  const [, classes, height, width] = cam?.shape ?? []
  if (cam?.shape.length === 4 && classes === labels.length && height && width) return { width, height }
  throw new RoentgenError('ROE_MODEL_OUTPUT', {
    where: path,
    expected: `activation maps as an output '${MAPS_OUTPUT}' [N, ${labels.length}, h, w] (train with --head gap, or convert with --cam)`,
    received: outputs.map(describeTensor).join(' and '),
  })
}
