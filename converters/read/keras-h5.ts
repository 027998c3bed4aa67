/** Weights of a Keras 2 .h5 file: a whole model (`model.save`) or weights alone (`save_weights`).
 *  Keras 3's `.weights.h5` has another layout and is refused. */

import { z } from 'zod'
import { problemOf, RoentgenError } from '../../errors.ts'
import type { NamedTensor, NamedTensors } from '../tensor.ts'
import { adviceFor } from './damage.ts'
import type { Keras2File } from './hdf5-readings.ts'
import { readHdf5 } from './read-hdf5.ts'
import { layerWeightKeys } from './weight-key.ts'

/** The attribute of a model: its topology, here only asked which layers are models themselves. */
const modelConfig = z.object({
  config: z.union([
    z.object({ layers: z.array(z.unknown()) }).transform(({ layers }) => layers),
    // A Sequential of Keras before 2.2.3 is a bare list.
    z.array(z.unknown()),
  ]),
})
const layerConfig = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.union([z.object({ name: z.string().optional() }), z.array(z.unknown())]),
})

/** Reads all weights of the layers; an optimizer's state is left out.
 *  @throws ROE_WEIGHTS_FORMAT */
export async function readKerasWeights(path: string): Promise<NamedTensors> {
  try {
    return namedByLayer(await readHdf5(path, 'keras2'))
  } catch (cause) {
    const problem = `the .h5 file cannot be read (${problemOf(cause)})`
    throw new RoentgenError('ROE_WEIGHTS_FORMAT', { where: path, problem, ...adviceFor(cause) }, { cause })
  }
}

/** One map of all weights, under the names that every reader gives them. @throws Error */
function namedByLayer({ config, layers }: Keras2File): NamedTensors {
  const isModel = nestedModels(config)
  const tensors = new Map<string, NamedTensor>()
  for (const { name, weights } of layers) {
    const keys = layerWeightKeys(
      name,
      weights.map(([weight]) => weight),
      isModel?.(name),
    )
    weights.forEach(([, tensor], i) => {
      const key = keys[i] as string
      if (tensors.has(key)) throw new Error(`weight '${key}' is there twice`)
      tensors.set(key, tensor)
    })
  }
  return tensors
}

/** Which layers are models, as far as the file says: weights saved alone do not. */
function nestedModels(text: string | undefined): ((layer: string) => boolean) | undefined {
  if (text === undefined) return undefined
  const layers = modelConfig.parse(JSON.parse(text)).config.map((layer) => layerConfig.parse(layer))
  const models = new Set(
    layers
      .filter(({ class_name }) => ['Model', 'Functional', 'Sequential'].includes(class_name))
      .map(({ name, config }) => (Array.isArray(config) ? name : (config.name ?? name))),
  )
  return (layer) => models.has(layer)
}
