/** The kinds of mutants: each writes one broken model into an empty folder. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { File, ready } from 'h5wasm/node'
import { mutateBytes, mutateJson, type Random } from './mutate.ts'
import { graphModel, keras, layersModel } from './originals.ts'

/** @returns the path that the command is given */
type Kind = (folder: string, random: Random) => Promise<string>

/** Bytes at the beginning of an HDF5 file of Keras in which its structure lies. */
const HDF5_HEAD = 4096

let layers: ReturnType<typeof layersModel> | undefined

async function tfjs(folder: string, random: Random): Promise<string> {
  layers ??= layersModel()
  const ofLayers = await layers
  const { json, weights } = random() < 0.5 ? ofLayers : graphModel()
  writeFileSync(join(folder, 'model.json'), mutateJson(json, random))
  writeFileSync(join(folder, 'weights.bin'), random() < 0.1 ? mutateBytes(weights, random) : weights)
  return folder
}

const MODELS = ['unet', 'siamese', 'sequence'] as const
const modelOf = (random: Random) => MODELS[Math.floor(random() * MODELS.length)]!

/** Half of them in their bytes, half in the topology that an attribute holds. */
async function hdf5(folder: string, random: Random): Promise<string> {
  const path = join(folder, 'model.h5')
  const whole = keras(`${modelOf(random)}.h5`)
  const isBytes = random() < 0.5
  writeFileSync(path, isBytes ? mutateBytes(whole, random, HDF5_HEAD) : whole)
  if (isBytes) return path
  await ready
  const file = new File(path, 'a')
  const config = mutateJson(String(file.attrs.model_config!.value), random)
  file.delete_attribute('model_config')
  // The library takes no text that is empty, or longer than an attribute.
  file.create_attribute('model_config', config.slice(0, 60_000) || ' ')
  file.close()
  return path
}

/** In the topology, in the weights, or in the zip around them. */
async function archive(folder: string, random: Random): Promise<string> {
  const path = join(folder, 'model.keras')
  const whole = keras(`${modelOf(random)}.keras`)
  const files: Record<string, Uint8Array> = unzipSync(whole)
  const which = random()
  if (which < 0.5) {
    const text = Buffer.from(files['config.json']!).toString()
    files['config.json'] = new Uint8Array(Buffer.from(mutateJson(text, random)))
  } else if (which < 0.75) {
    files['model.weights.h5'] = mutateBytes(files['model.weights.h5']!, random, HDF5_HEAD)
  }
  const zip = which < 0.75 ? zipSync(files, { level: 1 }) : mutateZip(whole, random)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, zip)
  return path
}

/** The directory at the end of a zip is what it is read by. */
function mutateZip(whole: Uint8Array, random: Random): Uint8Array {
  if (random() < 0.3) return mutateBytes(whole, random)
  const start = Buffer.from(whole).indexOf('PK\x01\x02', 0, 'latin1')
  const directory = mutateBytes(whole.subarray(start), random)
  return new Uint8Array(Buffer.concat([whole.subarray(0, start), directory]))
}

export const KINDS = { 'model.json': tfjs, '.h5': hdf5, '.keras': archive } as const satisfies Record<
  string,
  Kind
>
export type KindName = keyof typeof KINDS
