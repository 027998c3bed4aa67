/** One training into one folder: the model, its history and plot, and run.json, which is written last: where it is, the
 *  folder is whole. */
import { join } from 'node:path'
import { writeWhole } from '../../../whole-file.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { versionOf } from '../../infer/package-version.ts'
import { historyPicture } from '../../report/history.ts'
import { pngOf } from '../../report/png.ts'
import type { EpochFigures } from '../../train/fit.ts'
import { settingsOf, type TrainingPlan } from '../../train/recipes.ts'
import { type TrainingOptions, type TrainingResult, train } from '../../train/train.ts'

export interface IntoOptions extends Pick<TrainingOptions, 'engine' | 'note' | 'onFilms' | 'drawn'> {
  /** What run.json says of the data. */
  source: string
  /** The plan that run.json tells, where the trained one has a file in the place of the user's word (`imagenet`). */
  asGiven?: TrainingPlan
  /** Folder of the features, where it is another one than `features` beside the model. */
  cache?: string
  /** What else run.json says. */
  more?: object
}

/** Trains and writes all of it; each epoch is told by `note`. @throws what `train` throws; ROE_WRITE */
export async function trainInto(
  folder: string,
  data: LabelledSet,
  plan: TrainingPlan,
  { source, asGiven = plan, cache = join(folder, 'features'), more = {}, ...options }: IntoOptions,
): Promise<{ result: TrainingResult; run: ReturnType<typeof runOf> }> {
  const result = await train(data, plan, {
    ...options,
    model: join(folder, 'model.onnx'),
    cache,
    versions: versions(),
    onEpoch: (figures) => options.note(epochLine(figures, plan.epochs)),
  })
  const run = { ...runOf(asGiven, { path: source, beside: data.beside }, result), ...more }
  await writeResults(folder, result, run)
  return { result, run }
}

export const versions = (): Record<string, string | null> => ({
  node: process.version,
  ...Object.fromEntries(
    ['roentgen', '@tensorflow/tfjs-core', 'onnxruntime-node', 'sharp'].map((name) => [name, versionOf(name)]),
  ),
})

const epochLine = ({ epoch, loss, accuracy, valLoss, valAccuracy }: EpochFigures, epochs: number): string =>
  `Epoch ${epoch}/${epochs} - loss: ${loss.toFixed(4)} - acc: ${accuracy.toFixed(4)} - val_loss: ${valLoss.toFixed(4)} - val_acc: ${valAccuracy.toFixed(4)}`

/** What repeats the run: everything that the model depends on. */
const runOf = (
  plan: TrainingPlan,
  data: { path: string; beside: readonly string[] },
  { films, failures, engine, ...result }: TrainingResult,
) => ({
  version: 1,
  plan: settingsOf(plan),
  engine: { name: engine.name, version: engine.version, device: engine.device },
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
  last: result.history.at(-1),
  versions: versions(),
})

async function writeResults(folder: string, { history }: TrainingResult, run: object): Promise<void> {
  const columns = ['epoch', 'loss', 'accuracy', 'valLoss', 'valAccuracy'] as const
  const csv = [columns.join(','), ...history.map((epoch) => columns.map((key) => epoch[key]).join(','))]
  const plot = historyPicture(history)
  await writeWhole(join(folder, 'history.csv'), `${csv.join('\n')}\n`)
  await writeWhole(join(folder, 'history.json'), `${JSON.stringify(history, null, 2)}\n`)
  await writeWhole(join(folder, 'plot.svg'), plot.svg)
  await writeWhole(join(folder, 'plot.png'), await pngOf(plot))
  await writeWhole(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`)
}
