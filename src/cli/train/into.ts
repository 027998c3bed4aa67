/** One training into one folder: the model, its history and plot, and run.json, which is written last: where it is, the
 *  folder is whole. */
import { join } from 'node:path'
import { removeFile, removeUnfinished, writeWhole } from '../../../whole-file.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { versionOf } from '../../infer/package-version.ts'
import { accuracyAndLossPicture, accuracyPicture, historyPicture } from '../../report/history.ts'
import { pngOf } from '../../report/png.ts'
import { answerOfPlan } from '../../train/answer.ts'
import type { CheckpointOptions } from '../../train/fit/checkpoint.ts'
import type { EpochFigures } from '../../train/fit.ts'
import { settingsOf, type TrainingPlan } from '../../train/recipes.ts'
import { type TrainingOptions, type TrainingResult, train } from '../../train/train.ts'
import { TFJS_FILES } from '../../train/write-tfjs.ts'

export interface IntoOptions
  extends Pick<TrainingOptions, 'engine' | 'note' | 'onFilms' | 'onStep' | 'drawn' | 'tfjs'> {
  /** What run.json says of the data. */
  source: string
  /** The plan that run.json tells, where the trained one has a file in the place of the user's word (`imagenet`). */
  asGiven?: TrainingPlan
  /** Folder of the features, where it is another one than `features` beside the model. */
  cache?: string
  /** What else run.json says. */
  more?: object
  /** Of the weights that it begins with, see weights-digest.ts. */
  weights: string | null
  /** And of the head's, where they are not random. */
  headWeights?: string | null
  /** What becomes of a training that was interrupted there; it is begun anew unless said. */
  found?: CheckpointOptions['found']
  /** Told how many epochs are kept, to go on behind. */
  onKept?: (epochs: number) => void
}

export const MODEL = 'model.onnx'
/** The same network for tfjs (S4.6). */
export const TFJS = 'tfjs'
export const RUN = 'run.json'
/** Where a training stands while it is not done. */
export const CHECKPOINT = 'checkpoint'

/** Trains and writes all of it; each epoch is told by `note`. @throws what `train` throws; ROE_WRITE */
export async function trainInto(
  folder: string,
  data: LabelledSet,
  plan: TrainingPlan,
  {
    source,
    asGiven = plan,
    cache = join(folder, 'features'),
    weights,
    headWeights,
    more = {},
    found = 'restart',
    onKept = () => {},
    ...options
  }: IntoOptions,
): Promise<{ result: TrainingResult; run: ReturnType<typeof runOf> }> {
  await removeUnfinished(folder, [CHECKPOINT, MODEL, `${MODEL}.data`, ...RESULTS])
  if (options.tfjs !== undefined) await removeUnfinished(options.tfjs, TFJS_FILES)
  const result = await train(data, plan, {
    ...options,
    model: join(folder, MODEL),
    cache,
    versions: versions(),
    checkpoint: { path: join(folder, CHECKPOINT), found, onKept },
    onEpoch: (figures) => options.note(epochLine(figures, plan)),
  })
  const run = {
    ...runOf(asGiven, { path: source, beside: data.beside, weights, headWeights }, result),
    ...more,
  }
  await writeResults(folder, result, run)
  await removeFile(join(folder, CHECKPOINT))
  return { result, run }
}

export const versions = (): Record<string, string | null> => ({
  node: process.version,
  ...Object.fromEntries(
    ['roentgen', '@tensorflow/tfjs-core', 'onnxruntime-node', 'sharp'].map((name) => [name, versionOf(name)]),
  ),
})

function epochLine(
  { epoch, loss, accuracy, valLoss, valAccuracy }: EpochFigures,
  plan: TrainingPlan,
): string {
  const name = answerOfPlan(plan).accuracy
  return `Epoch ${epoch}/${plan.epochs} - loss: ${loss.toFixed(4)} - ${name}: ${accuracy.toFixed(4)} - val_loss: ${valLoss.toFixed(4)} - val_${name}: ${valAccuracy.toFixed(4)}`
}

/** What repeats the run: everything that the model depends on. */
const runOf = (
  plan: TrainingPlan,
  data: {
    path: string
    beside: readonly string[]
    weights: string | null
    headWeights: string | null | undefined
  },
  { films, failures, engine, ...result }: TrainingResult,
) => ({
  version: 1,
  plan: settingsOf(plan),
  engine: { name: engine.name, version: engine.version, device: engine.device },
  /** Their digest; null for random ones. */
  weights: data.weights,
  ...(data.headWeights !== undefined && { headWeights: data.headWeights }),
  data: {
    path: data.path,
    digest: result.dataDigest,
    labels: result.labels,
    train: films.filter(({ split }) => split === 'train').length,
    validation: films.filter(({ split }) => split === 'validation').length,
    /** Files without a class folder. */
    beside: data.beside,
    unusable: failures.map(({ path, error }) => ({ path, code: error.code, reason: error.reason })),
    pairsOfCopies: result.duplicates,
  },
  preprocessing: result.preprocessing,
  parameters: result.parameters,
  parity: result.parity,
  /** The epoch that was exported, and the last. */
  kept: result.kept,
  last: result.history.at(-1),
  versions: versions(),
})

const COLUMNS = ['epoch', 'loss', 'accuracy', 'valLoss', 'valAccuracy', 'learningRate', 'seconds'] as const

const PICTURES = {
  /** S4.5. */
  plot: historyPicture,
  /** S3.5. */
  accuracy: accuracyPicture,
  /** S0.8, S2.6. */
  curves: accuracyAndLossPicture,
} as const

/** What is written behind the model. */
const RESULTS = [
  ...['history.csv', 'history.json', RUN],
  ...Object.keys(PICTURES).flatMap((name) => [`${name}.svg`, `${name}.png`]),
]

async function writeResults(folder: string, result: TrainingResult, run: object): Promise<void> {
  const history = result.history.map((epoch, i) => ({
    ...epoch,
    seconds: Number(result.seconds[i]!.toFixed(3)),
  }))
  const csv = [COLUMNS.join(','), ...history.map((epoch) => COLUMNS.map((key) => epoch[key]).join(','))]
  await writeWhole(join(folder, 'history.csv'), `${csv.join('\n')}\n`)
  await writeWhole(join(folder, 'history.json'), `${JSON.stringify(history, null, 2)}\n`)
  for (const [name, pictureOf] of Object.entries(PICTURES)) {
    const picture = pictureOf(history)
    await writeWhole(join(folder, `${name}.svg`), picture.svg)
    await writeWhole(join(folder, `${name}.png`), await pngOf(picture))
  }
  await writeWhole(join(folder, RUN), `${JSON.stringify(run, null, 2)}\n`)
}
