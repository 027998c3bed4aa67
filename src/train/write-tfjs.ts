/** A trained network as a tfjs LayersModel folder: model.json and weights.bin, which `tf.loadLayersModel` reads, and so do
 *  `roentgen convert`, `--weights` and `--head-weights`. It takes scaled pixels: scaling and sizes stand in its
 *  `userDefinedMetadata`, since tfjs has no layer for all of them. */
import { join } from 'node:path'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { weightsByKey } from '../../models/index.ts'
import { removeFile, WholeFile, writeWhole } from '../../whole-file.ts'

const TOPOLOGY = 'model.json'
const WEIGHTS = 'weights.bin'
export const TFJS_FILES = [TOPOLOGY, WEIGHTS]

/** @param facts  what is kept beside the topology, as JSON
 *  @throws ROE_WRITE; there is no model.json then */
export async function writeTfjs(net: LayersModel, folder: string, facts: object): Promise<void> {
  // Written last: where it is, the weights are its own.
  await removeFile(join(folder, TOPOLOGY))
  const variables = [...weightsByKey(net)]
  const file = await WholeFile.create(join(folder, WEIGHTS))
  try {
    for (const [, weight] of variables) {
      const values = await weight.read().data()
      await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    }
    await file.finish()
  } finally {
    await file.abandon()
  }
  const weights = variables.map(([name, { shape }]) => ({ name, shape, dtype: 'float32' }))
  const json = {
    format: 'layers-model',
    modelTopology: asTfjsHasIt(net.toJSON(null, false) as object),
    weightsManifest: [{ paths: [WEIGHTS], weights }],
    userDefinedMetadata: facts,
  }
  await writeWhole(join(folder, TOPOLOGY), `${JSON.stringify(json)}\n`)
}

/** Our dropout, which repeats its masks, under the name of tfjs' own: who loads the model need not know ours. */
function asTfjsHasIt(topology: object): object {
  return JSON.parse(JSON.stringify(topology), (_key, value) => {
    if (value?.class_name !== 'SeededDropout') return value
    const { seed: _seed, whole_films: wholeFilms, ...config } = value.config
    const noise = wholeFilms ? { noise_shape: [null, 1, 1, 1] } : {}
    return { ...value, class_name: 'Dropout', config: { ...config, ...noise } }
  })
}
