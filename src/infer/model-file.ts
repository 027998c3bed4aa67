/** A model file and what it says of itself: the facts without which films cannot be scored, each checked.
 *  Opens no session. What a foreign model does not say is listed, never guessed. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { requireData } from '../../converters/onnx/external-data.ts'
import {
  decodeModel,
  describeTensor,
  headerOf,
  type ModelHeader,
  type TensorInfo,
} from '../../converters/onnx/header.ts'
import { problemOf, RoentgenError } from '../../errors.ts'
import type { Preprocessing } from '../image/film.ts'
import { type Parity, readFacts, type TrainingFilm } from './model-facts.ts'

export type { TrainingFilm } from './model-facts.ts'

/** What every model says. */
interface Facts {
  path: string
  /** sha256 of the file, and of the weights beside it, hex. */
  digest: string
  preprocessing: Preprocessing
  /** Recipe, seed, versions, data digest: whatever the training wrote down. */
  training: Record<string, unknown>
  /** The films that it was trained on; empty when it does not say. */
  films: readonly TrainingFilm[]
  /** How far it is from the tfjs model that it was made of, for each output. */
  parity: readonly Parity[]
  /** Of its weights; fp32 when it does not say. */
  precision: 'fp32' | 'fp16'
  input: TensorInfo
  outputs: readonly TensorInfo[]
  /** Films a batch where the model fixes it; null where it is open. */
  batch: number | null
}

export interface FeaturesFile extends Facts {
  kind: 'features'
}

/** A model that films can be scored with. */
export interface ModelFile extends Facts {
  kind: 'classifier'
  /** In the order of the columns of the output. */
  labels: readonly string[]
  activation: 'softmax' | 'sigmoid'
  /** Probabilities from which on a film has a label, in the order of the labels; null when the model does not say. */
  thresholds: readonly number[] | null
}

/** Reads and checks a classifier.
 *  @throws ROE_MODEL_MISSING, ROE_MODEL_INVALID (garbage), ROE_MODEL_FACTS (with all that is missing), ROE_MODEL_INPUT
 *  (not uint8 [N, height, width, 1 or 3] of the size that its preprocessing ends in), ROE_MODEL_OUTPUT */
export async function openModelFile(path: string): Promise<ModelFile> {
  const file = await openAnyModelFile(path)
  if (file.kind === 'classifier') return file
  throw new RoentgenError('ROE_MODEL_FACTS', { where: path, missing: ['labels (it gives features)'] })
}

/** Like openModelFile, for models that give features too. */
export async function openAnyModelFile(path: string): Promise<ModelFile | FeaturesFile> {
  const bytes = await readModel(path)
  const model = decodeModel(bytes, path)
  const digest = await digestOf(bytes, await requireData(model, path))
  const header = headerOf(model)
  const {
    training = {},
    films = [],
    parity = [],
    precision = 'fp32',
    version,
    ...facts
  } = readFacts(header.metadata, path)
  const input = expectInput(header, facts.preprocessing, path)
  const batch = input.shape[0] ?? null
  const common = { path, digest, training, films, parity, precision, input, outputs: header.outputs, batch }
  if (facts.kind === 'features') return { ...common, ...facts }
  expectOutput(header, facts.labels, path)
  const { thresholds = null } = facts
  if (thresholds === null || thresholds.length === facts.labels.length)
    return { ...common, ...facts, thresholds }
  const missing = [`a valid roentgen.thresholds (one for each of ${facts.labels.length} labels)`]
  throw new RoentgenError('ROE_MODEL_FACTS', { where: path, missing })
}

/** Of the model, and of the weights that lie beside it. */
async function digestOf(bytes: Buffer, beside: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(bytes)
  for (const file of beside) for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

async function readModel(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      throw new RoentgenError('ROE_MODEL_MISSING', { where: path }, { cause })
    const isFolder = cause instanceof Error && 'code' in cause && cause.code === 'EISDIR'
    const problem = isFolder ? 'it is a folder: name the .onnx file in it' : problemOf(cause)
    throw new RoentgenError('ROE_MODEL_INVALID', { where: path, problem }, { cause })
  }
}

function expectInput(header: ModelHeader, preprocessing: Preprocessing, where: string): TensorInfo {
  const size = finalSize(preprocessing)
  const [input, ...others] = header.inputs
  if (
    input !== undefined &&
    others.length === 0 &&
    input.dtype === 'uint8' &&
    input.shape.length === 4 &&
    size.every((side, axis) => side === input.shape[axis + 1])
  )
    return input
  throw new RoentgenError('ROE_MODEL_INPUT', {
    where,
    expected: `one input ${describeTensor({ dtype: 'uint8', shape: [null, ...size] })} by its own preprocessing`,
    received: header.inputs.map(describeTensor).join(' and ') || 'none',
  })
}

/** Height, width and channels that the last steps give. */
function finalSize({ steps }: Preprocessing): (number | null)[] {
  const fit = steps.findLast((step) => step.op === 'fit')
  const channels = steps.findLast((step) => step.op === 'channels')
  return [fit?.height ?? null, fit?.width ?? null, channels?.count ?? null]
}

function expectOutput(header: ModelHeader, labels: readonly string[], where: string): void {
  const [output] = header.outputs
  const count = output?.shape.at(-1) ?? null
  if (output?.shape.length === 2 && (count === null || count === labels.length)) return
  throw new RoentgenError('ROE_MODEL_OUTPUT', {
    where,
    expected: `float [N, ${labels.length}], one probability a label`,
    received: output === undefined ? 'none' : describeTensor(output),
  })
}
