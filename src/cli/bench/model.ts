/** The models of a suite: backbones that are made for it, or files of the user; what is said of each beside its figures.
 *  Opens no session. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Case, Model } from '../../../bench/results.ts'
import { Apart, builtFile } from '../../../converters/apart.ts'
import { readBytes } from '../../../converters/onnx/read-bytes.ts'
import { readStructure } from '../../../converters/onnx/structure.ts'
import { RoentgenError } from '../../../errors.ts'
import { BACKBONES, type BackboneName } from '../../../models/index.ts'
import { removeUnfinished } from '../../../whole-file.ts'
import { limiter } from '../../infer/ahead.ts'
import { type ModelFile, openModelFile } from '../../infer/model-file.ts'
import { weightsPath } from '../../weights/places.ts'

export type Precision = Case['precision']

export interface BackboneWish {
  backbone: BackboneName
  /** Pixels a side. */
  size: number
  weights: 'random' | 'imagenet'
  /** Of what is random: the head always is. */
  seed: number
}

/** What a process of its own is asked for. */
export interface ModelRequest extends Omit<BackboneWish, 'weights'> {
  /** A file of weights; null for random ones. */
  weights: string | null
  precision: Precision
  path: string
  /** What the file says of itself, as `roentgen.training`. */
  training: Readonly<Record<string, unknown>>
}

/** A model as the suite runs it: its row of the results, and its file in each precision. */
export interface Runnable {
  model: Model
  files: ReadonlyMap<Precision, ModelFile>
}

/** Networks are built two at a time: each is held several times over while it is compared. */
const AT_ONCE = 2

const ENTRY = builtFile('model-worker', import.meta.url, 3)

/** Makes the networks that are not in the folder yet, each in a process of its own. What such a process leaves half-written
 *  where it is stopped in the middle is taken away.
 *  @param signal  stops them
 *  @param onMade  told the name of each that is ready
 *  @throws ROE_BACKBONE, ROE_WEIGHTS_FETCH, what `convert` throws but for ROE_PARITY: a difference is told, not refused */
export async function makeBackbones(
  wishes: readonly BackboneWish[],
  precisions: readonly Precision[],
  { folder, signal }: { folder: string; signal: AbortSignal },
  onMade: (name: string) => void,
): Promise<Runnable[]> {
  const limited = limiter(AT_ONCE)
  const ending = new AbortController()
  signal.addEventListener('abort', () => ending.abort())
  const names = wishes.flatMap((wish) => precisions.map((precision) => nameOf(wish, precision)))
  await removeUnfinished(folder, names)
  const makeOne = async (wish: BackboneWish): Promise<Runnable> => {
    const files = new Map<Precision, ModelFile>()
    for (const precision of precisions)
      files.set(precision, await made(wish, { precision, folder, signal: ending.signal }))
    onMade(wish.backbone)
    return runnable(wish.backbone, 'backbone', wish.weights === 'random' ? 'random' : 'given', files)
  }
  try {
    return await Promise.all(wishes.map((wish) => limited(() => makeOne(wish))))
  } finally {
    // Where one fails the others are not waited for.
    ending.abort()
    await removeUnfinished(folder, names)
  }
}

/** A model of the user, which runs in the precision that it has. @throws what openModelFile throws */
export async function openGiven(name: string, path: string): Promise<Runnable> {
  const file = await openModelFile(path)
  return runnable(name, 'file', 'given', new Map([[file.precision, file]]))
}

interface Making {
  precision: Precision
  folder: string
  /** Ends what is under way, and what has not begun. */
  signal: AbortSignal
}

const nameOf = ({ backbone }: BackboneWish, precision: Precision): string =>
  `${backbone}${precision === 'fp32' ? '' : `-${precision}`}.onnx`

async function made(wish: BackboneWish, { precision, folder, signal }: Making): Promise<ModelFile> {
  signal.throwIfAborted()
  const { backbone, size, seed } = wish
  const path = join(folder, nameOf(wish, precision))
  const weights = wish.weights === 'random' ? null : await weightsPath({ backbone, alpha: undefined, size })
  const training = { backbone, head: 'gap', size, seed, weights: wish.weights }
  const before = await openModelFile(path).catch(() => null)
  if (before !== null && JSON.stringify(before.training) === JSON.stringify(training)) return before
  const apart = new Apart(ENTRY)
  signal.addEventListener('abort', () => apart.stop())
  try {
    const request: ModelRequest = { backbone, size, seed, weights, precision, path, training }
    await apart.ask<void>(request)
  } finally {
    apart.stop()
  }
  return openModelFile(path)
}

async function runnable(
  name: string,
  source: Model['source'],
  weights: Model['weights'],
  files: ReadonlyMap<Precision, ModelFile>,
): Promise<Runnable> {
  const [first, ...others] = await Promise.all([...files].map(aboutFile))
  const { path, input } = [...files.values()][0]!
  const { parameters, macs } = readStructure(await readBytes(path), path)
  const [height, width, channels] = input.shape.slice(1) as [number, number, number]
  const model: Model = {
    name,
    source,
    weights,
    digests: Object.fromEntries([...files].map(([precision, { digest }]) => [precision, digest])),
    parameters,
    gmacs: macs === null ? null : macs / 1e9,
    input: { height, width, channels },
    ...first![1],
    others: Object.fromEntries(others),
    auc: null,
  }
  return { model, files }
}

/** What is said of the file of a precision. */
async function aboutFile([precision, { path, parity }]: [Precision, ModelFile]) {
  const { size: bytes } = await stat(path)
  const largest = parity.length === 0 ? null : Math.max(...parity.map(({ maxAbs }) => maxAbs))
  const saturated = parity.some((one) => one.saturated === true)
  return [precision, { bytes, parity: largest, saturated }] as const
}

/** @param given  `all`, or names with commas between them   @param size  pixels a side; each backbone's own unless given
 *  @throws ROE_OPTION for a name that is none */
export function backbonesOf(
  given: string,
  { size, weights, seed }: { size: number | undefined; weights: BackboneWish['weights']; seed: number },
): BackboneWish[] {
  const all = Object.keys(BACKBONES) as BackboneName[]
  const names = given === 'all' ? all : given.split(',').map((name) => name.trim())
  return [...new Set(names)].map((name) => {
    const backbone = all.find((one) => one === name)
    if (backbone === undefined) {
      const expected = `all, or names with commas between them, of ${all.join(', ')}`
      throw new RoentgenError('ROE_OPTION', { where: '--backbone', expected, received: name })
    }
    return { backbone, size: size ?? BACKBONES[backbone].inputSize, weights, seed }
  })
}
