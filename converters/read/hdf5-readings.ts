/** What is read out of an HDF5 file of Keras in one go: plain data, so that it can cross to another thread. */
import type { NamedTensor } from '../tensor.ts'
import type { Group, Hdf5Reader } from './hdf5.ts'

/** A Keras 2 file: the topology where it holds one, and each layer's weights under their names in the file. */
export interface Keras2File {
  /** JSON; undefined for weights saved alone. */
  config: string | undefined
  /** Of Keras, `2.16.0`; Keras 3 writes such files, too. */
  version: string | undefined
  layers: { name: string; weights: [name: string, tensor: NamedTensor][] }[]
}

/** A Keras 3 `.weights.h5`: every array under its path, `layers/conv2d/vars/0`. */
type Keras3File = [path: string, tensor: NamedTensor][]

export const READINGS = { keras2: readKeras2, keras3: readKeras3 } as const satisfies Record<
  string,
  (reader: Hdf5Reader) => unknown
>
export type Reading = keyof typeof READINGS

function readKeras2(reader: Hdf5Reader): Keras2File {
  const { root } = reader
  const top = root.keys().includes('model_weights') ? reader.group(root, 'model_weights') : root
  const names = reader.strings(top, 'layer_names')
  if (names.length === 0) throw new Error(problemWithoutLayers(top))
  const layers = names.map((name) => {
    const group = reader.group(top, name)
    const weights = reader
      .strings(group, 'weight_names')
      .map((weight): [string, NamedTensor] => [weight, reader.values(group, weight)])
    return { name, weights }
  })
  return { config: reader.text(root, 'model_config'), version: reader.text(root, 'keras_version'), layers }
}

const problemWithoutLayers = (top: Group): string =>
  top.keys().includes('layers') || top.keys().includes('_layer_checkpoint_dependencies')
    ? 'it is a .weights.h5 file of Keras 3, which has another layout'
    : 'it lists no layers, so it was not written by Keras'

/** Left behind by training, and never read. */
const NO_WEIGHTS = new Set(['optimizer', 'seed_generator'])
/** Folders in folders; a damaged file may hold itself. */
const MOST_DEEP = 40

function readKeras3({ root, group, values }: Hdf5Reader): Keras3File {
  const found: Keras3File = []
  const walk = (at: Group, path: string, depth: number): void => {
    if (depth > MOST_DEEP) throw new Error(`group '${path}' lies too deep`)
    for (const key of at.keys()) {
      if (NO_WEIGHTS.has(key)) continue
      const here = path === '' ? key : `${path}/${key}`
      if (path.endsWith('vars')) found.push([here, values(at, key)])
      else walk(group(at, key), here, depth + 1)
    }
  }
  walk(root, '', 0)
  return found
}
