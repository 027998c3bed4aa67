/** Whole models, whatever file or folder they lie in. A format is one row of `MODEL_READERS`; what a path holds is told
 *  by its content, not by its extension. */
import { open, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasCode, problemOf, RoentgenError } from '../../../errors.ts'
import type { RecordInput } from '../../record/record.ts'
import { adviceFor } from '../damage.ts'
import { type Files, folderFiles } from '../files.ts'
import { isGraphModel, readJson } from '../manifest.ts'
import { withZip } from '../zip.ts'
import { readGraphModel } from './graph-model.ts'
import { readKeras2 } from './keras2.ts'
import { KERAS3_FILES, readKeras3 } from './keras3.ts'
import { labelsBeside } from './labels.ts'
import type { BareModel, ReadModel } from './model.ts'
import { registerLayers } from './register.ts'
import { readLayersModel } from './tfjs-layers.ts'

export type { Part, ReadModel } from './model.ts'

/** What a path turned out to hold. */
interface Found {
  files: Files
  /** The file that makes it a model, among `files`. */
  main: string
  kind: 'json' | 'hdf5' | 'keras archive'
  /** Of a json. */
  content: unknown
}

interface ModelReader {
  format: string
  match: (found: Found) => boolean
  read: (found: Found) => Promise<BareModel>
}

export const MODEL_READERS: readonly ModelReader[] = [
  {
    format: 'tfjs GraphModel',
    match: ({ kind, content }) => kind === 'json' && isGraphModel(content),
    read: ({ files, content }) => readGraphModel(files, content),
  },
  {
    format: 'tfjs LayersModel',
    match: ({ kind, content }) => kind === 'json' && isObject(content) && 'modelTopology' in content,
    read: ({ files, content }) => readLayersModel(files, content),
  },
  {
    format: 'Keras .h5 model',
    match: ({ kind }) => kind === 'hdf5',
    read: ({ files, main }) => files.withPath(main, readKeras2),
  },
  {
    format: 'Keras 3 .keras archive',
    match: ({ kind }) => kind === 'keras archive',
    read: ({ files }) => readKeras3(files),
  },
]

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

export interface ReadOptions {
  /** A module that registers layers and activations: see `register.ts`. */
  register?: string | undefined
}

/** Reads a model: a folder, a json, a zip, a Keras .h5 or .keras file.
 *  @throws ROE_NOT_FOUND, ROE_MODEL_FORMAT with the reason, ROE_LAYER_UNSUPPORTED, ROE_OPTION for the module */
export async function readModel(path: string, { register }: ReadOptions = {}): Promise<ReadModel> {
  if (register !== undefined) await registerLayers(register)
  const { isFolder, head } = await look(path)
  try {
    if (isFolder) return await readFolder(path)
    if (head.subarray(0, 4).equals(ZIP)) return await withZip(path, (files) => readAmong(files, undefined))
    return await readAmong(await folderFiles(dirname(path)), { name: basename(path), head })
  } catch (cause) {
    if (hasCode(cause, 'ROE_LAYER_UNSUPPORTED'))
      throw new RoentgenError(cause.code, { ...cause.data, where: `${path}: ${cause.data.where}` }, { cause })
    if (cause instanceof RoentgenError) throw cause
    throw new RoentgenError(
      'ROE_MODEL_FORMAT',
      { where: path, problem: problemOf(cause), ...adviceFor(cause) },
      { cause },
    )
  }
}

const ZIP = Buffer.from('PK\x03\x04', 'latin1')
const HDF5 = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')

/** Whether it is a folder, and else its first bytes. @throws ROE_NOT_FOUND, ROE_MODEL_FORMAT */
async function look(path: string): Promise<{ isFolder: boolean; head: Buffer }> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'model' }, { cause })
  })
  if (found.isDirectory()) return { isFolder: true, head: Buffer.alloc(0) }
  const refuse = (problem: string, cause?: unknown) =>
    new RoentgenError('ROE_MODEL_FORMAT', { where: path, problem }, { cause })
  if (!found.isFile()) throw refuse('it is neither a file nor a folder')
  if (found.size === 0) throw refuse('the file is empty (0 bytes)')
  const file = await open(path).catch((cause: unknown) => {
    throw refuse(`it cannot be read (${problemOf(cause)})`, cause)
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return { isFolder: false, head: buffer.subarray(0, bytesRead) }
  } finally {
    await file.close()
  }
}

/** A folder that holds nothing but a .keras archive is that model. */
async function readFolder(path: string): Promise<ReadModel> {
  const files = await folderFiles(path)
  const main = mainOf(files.names)
  if (main === undefined || !isArchive(main)) return await readAmong(files, undefined)
  // Refuses a link.
  await files.size(main)
  return await withZip(join(path, main), (inside) => readAmong(inside, undefined))
}

const isArchive = (name: string): boolean => /\.keras$/i.test(name)

interface OneFile {
  name: string
  head: Buffer
}

async function readAmong(files: Files, file: OneFile | undefined): Promise<ReadModel> {
  const found = await find(files, file)
  // A zip in a folder is a model of its own.
  if (found === undefined) throw new Error(`it holds ${MODELS_IN_WORDS}`)
  const reader = MODEL_READERS.find(({ match }) => match(found))
  if (reader === undefined) throw new Error(`its json '${found.main}' is of no tfjs model`)
  const model = await reader.read(found)
  try {
    for (const input of model.inputs) requireShape(input)
    const labels = await labelsBeside(files, stemOf(found.main))
    return { format: reader.format, ...model, labels }
  } catch (error) {
    model.dispose()
    throw error
  }
}

/** Values of one film that no model takes, and no machine holds several of. */
const MOST_VALUES = 2 ** 28

/** @throws Error for sizes that are none, or beyond all measure */
function requireShape({ name, shape }: RecordInput): void {
  const text = `[${shape.map((size) => size ?? 'open')}]`
  if (!shape.every((size) => size === null || (Number.isSafeInteger(size) && size > 0)))
    throw new Error(`input '${name}' has the shape ${text}, which is none`)
  if (shape.reduce<number>((product, size) => product * (size ?? 1), 1) > MOST_VALUES)
    throw new Error(`input '${name}' has the shape ${text}, which is too large`)
}

const MODELS_IN_WORDS = 'no model: neither the json of a tfjs model, nor a Keras .h5 or .keras file'

const stemOf = (name: string): string => name.replace(/\.[^.]+$/, '')

async function find(files: Files, file: OneFile | undefined): Promise<Found | undefined> {
  const main = file?.name ?? mainOf(files.names)
  if (main === undefined) return undefined
  if (file === undefined && isArchive(main)) throw new Error(`it holds '${main}', a zip in a zip; unpack it`)
  if (main === KERAS3_FILES.config) return { files, main, kind: 'keras archive', content: undefined }
  if (main.endsWith('.json') || /^\s*\{/.test(file?.head.toString('latin1') ?? ''))
    return { files, main, kind: 'json', content: await readJson(files, main) }
  if (file === undefined || file.head.subarray(0, HDF5.length).equals(HDF5))
    return { files, main, kind: 'hdf5', content: undefined }
  const isOnnx = /\.onnx$/i.test(main)
  throw new Error(
    isOnnx
      ? 'by its name it is ONNX already (docs/score.md: how films are scored with one of another program)'
      : 'its content is neither json, nor HDF5, nor a zip',
  )
}

/** Which of several files is the model. @throws Error where that is not clear */
function mainOf(names: readonly string[]): string | undefined {
  const { config, weights } = KERAS3_FILES
  if (names.includes(config) && names.includes(weights)) return config
  if (names.includes('model.json')) return 'model.json'
  const jsons = names.filter((name) => name.endsWith('.json') && !name.endsWith('metadata.json'))
  const ofKeras = names.filter((name) => /\.(h5|hdf5|keras)$/i.test(name))
  const candidates = jsons.length === 0 ? ofKeras : jsons
  if (candidates.length > 1)
    throw new Error(`it holds several files that may be a model: ${candidates.join(', ')}; name one`)
  return candidates[0]
}
