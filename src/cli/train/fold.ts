/** One fold into one folder: a training, and what its model says of the fold's films. Both are kept where they are whole and
 *  come from the same: run.json says so of the model, and the header of scores.csv of the scores. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { removeFile } from '../../../whole-file.ts'
import { listFilms } from '../../data/folder.ts'
import { factsOf } from '../../data/inputs/inputs.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { readScores } from '../../data/scores.ts'
import type { EvaluatedFilm, FailedFilm } from '../../evaluate/evaluation.ts'
import { openModelFile } from '../../infer/model-file.ts'
import { differences, readHeader } from '../../infer/run/header.ts'
import { scoreToFile } from '../../infer/score.ts'
import type { Fold } from '../../train/folds.ts'
import { digestOf } from '../../train/prepare.ts'
import { settingsOf, type TrainingPlan } from '../../train/recipes.ts'
import { type IntoOptions, trainInto, versions } from './into.ts'

export interface FoldOptions extends Pick<IntoOptions, 'source' | 'note'> {
  /** The engine of every fold: they are not mixed. */
  engine: { name: NonNullable<IntoOptions['engine']>; version: string; device: string }
  /** Progress of one training. */
  filmsShown: () => NonNullable<IntoOptions['onFilms']>
}

/** Trains and scores, unless that was done. @throws what `train` and `scoreToFile` throw; ROE_WRITE */
export async function trainFold(
  folder: string,
  fold: Fold,
  data: LabelledSet,
  { plan, asGiven }: { plan: TrainingPlan; asGiven: TrainingPlan },
  { source, note, engine, filmsShown, cache }: FoldOptions & { cache: string },
): Promise<void> {
  const where = `fold ${fold.number} of ${fold.of}`
  const facts = {
    plan: settingsOf(asGiven),
    engine,
    versions: versions(),
    fold: {
      number: fold.number,
      of: fold.of,
      train: digestOf(fold.prepared.films),
      test: fold.testDigest,
      weights: plan.weights === null ? null : await digestOfPath(plan.weights),
    },
  }
  const changes = await changesSince(folder, facts)
  if (changes !== null && changes.length === 0) note(`${where}: kept, it was trained before`)
  else {
    note(
      `${where}: ${fold.test.length} films to test${changes === null ? '' : `; trained again: ${changes[0]}`}`,
    )
    await removeFile(join(folder, RUN))
    const drawn = { prepared: fold.prepared, together: fold.together }
    const more = { fold: facts.fold }
    const options = { source, asGiven, engine: engine.name, note, onFilms: filmsShown(), cache, drawn, more }
    await trainInto(folder, data, plan, options)
  }
  await scoreFold(folder, fold)
}

const RUN = 'run.json'
const MODEL = 'model.onnx'
const SCORES = 'scores.csv'

/** @returns in what an earlier training there differs, nothing where it does not; null where none is whole */
async function changesSince(folder: string, facts: object): Promise<string[] | null> {
  if (!existsSync(join(folder, MODEL))) return null
  try {
    const run = JSON.parse(await readFile(join(folder, RUN), 'utf8'))
    const was = Object.fromEntries(Object.keys(facts).map((key) => [key, run[key]]))
    return differences(was, JSON.parse(JSON.stringify(facts)))
  } catch {
    return null
  }
}

async function scoreFold(folder: string, { test }: Fold): Promise<void> {
  const out = join(folder, SCORES)
  const model = await openModelFile(join(folder, MODEL))
  const header = await readHeader(out)
  const isWhole = header?.summary !== undefined && header.results.models[0]?.digest === model.digest
  if (isWhole && existsSync(out)) return
  const films = test.map(({ path }) => path)
  await scoreToFile({ models: [model], films, out, inputs: factsOf(films), found: 'restart' })
}

export interface ScoredFold {
  rows: EvaluatedFilm[]
  failed: FailedFilm[]
}

/** What the model of a fold said of its films. */
export async function foldScores(folder: string, { test }: Fold): Promise<ScoredFold> {
  const { rows } = await readScores(join(folder, SCORES))
  const filmOf = new Map(test.map((film) => [film.path, film]))
  const result: ScoredFold = { rows: [], failed: [] }
  for (const { path, status, label, probabilities } of rows) {
    const { label: actual, patient } = filmOf.get(path)!
    if (label === null) result.failed.push({ path, actual, code: null, reason: `its status is ${status}` })
    else result.rows.push({ path, actual, predicted: label, probabilities, patient })
  }
  return result
}

/** sha256 over a file, or over the names and bytes of a folder's files. */
async function digestOfPath(path: string): Promise<string> {
  const hash = createHash('sha256')
  const isFolder = (await stat(path)).isDirectory()
  for (const file of isFolder ? await listFilms(path) : [path]) {
    if (isFolder) hash.update(`${file.slice(path.length)}\0`)
    await pipeline(createReadStream(file), async (bytes) => {
      for await (const piece of bytes) hash.update(piece)
    })
  }
  return hash.digest('hex')
}
