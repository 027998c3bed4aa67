/** One fold into one folder: a training, and what its model says of the fold's films. Both are kept where they are whole and
 *  come from the same: run.json says so of the model, and the header of scores.csv of the scores. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removeFile, removeFolder } from '../../../whole-file.ts'
import { factsOf } from '../../data/inputs/inputs.ts'
import type { LabelledFilm, LabelledSet } from '../../data/labelled.ts'
import { readScores } from '../../data/scores.ts'
import type { FailedFilm } from '../../evaluate/evaluation.ts'
import { openModelFile } from '../../infer/model-file.ts'
import { readHeader } from '../../infer/run/header.ts'
import { scoreToFile } from '../../infer/score.ts'
import type { Fold } from '../../train/folds.ts'
import { digestOf } from '../../train/prepare.ts'
import { settingsOf, type TrainingPlan } from '../../train/recipes.ts'
import { CHECKPOINT, type IntoOptions, MODEL, RUN, trainInto, versions } from './into.ts'
import type { NamedEngine } from './named-engine.ts'
import { digestsOf } from './weights-digest.ts'
import { changesSince } from './whole.ts'

export interface FoldOptions extends Pick<IntoOptions, 'source' | 'note'> {
  /** The engine of every fold: they are not mixed. */
  engine: NamedEngine
  /** What becomes of a fold that was interrupted. */
  found: 'if same' | 'restart'
  /** Progress of one training. */
  filmsShown: () => NonNullable<IntoOptions['onFilms']>
}

interface Plans {
  plan: TrainingPlan
  /** In the user's words (into.ts). */
  asGiven: TrainingPlan
}

/** Trains and scores, unless that was done. @throws what `train` and `scoreToFile` throw; ROE_WRITE */
export async function trainFold(
  folder: string,
  fold: Fold,
  data: LabelledSet,
  { plan, asGiven }: Plans,
  { source, note, engine, filmsShown, cache, found }: FoldOptions & { cache: string },
): Promise<void> {
  const where = `fold ${fold.number} of ${fold.of}`
  const facts = await factsOfFold(fold, { plan, asGiven }, engine)
  const changes = await changesSince(folder, facts)
  if (changes !== null && changes.length === 0) note(`${where}: kept, it was trained before`)
  else {
    note(
      `${where}: ${fold.test.length} films to test${changes === null ? '' : `; trained again: ${changes[0]}`}`,
    )
    await removeFile(join(folder, RUN))
    const drawn = { prepared: fold.prepared, together: fold.together }
    await trainInto(folder, data, plan, {
      ...{ source, asGiven, engine: engine.name, note, onFilms: filmsShown(), cache, drawn },
      ...{ weights: facts.weights, more: { fold: facts.fold }, found },
    })
  }
  await scoreFold(folder, fold)
}

/** What a fold's model is of, as run.json says it. */
async function factsOfFold(fold: Fold, { plan, asGiven }: Plans, engine: NamedEngine) {
  return {
    plan: settingsOf(asGiven),
    engine,
    versions: versions(),
    ...(await digestsOf(plan)),
    fold: {
      number: fold.number,
      of: fold.of,
      train: digestOf(fold.prepared.films),
      test: fold.testDigest,
    },
  }
}

/** Takes away what earlier runs left of folds: those that are none of this run's, or of another plan or other films.
 *  @param drawn  all folds, tested or not   @returns their names   @throws ROE_WRITE */
export async function removeOthers(
  folder: string,
  drawn: readonly Fold[],
  plans: Plans,
  { engine }: Pick<FoldOptions, 'engine'>,
): Promise<string[]> {
  const gone: string[] = []
  for (const name of (await readdir(folder)).sort()) {
    const place = join(folder, name)
    if (!/^fold-\d+$/.test(name) || !TRAINED.some((file) => existsSync(join(place, file)))) continue
    const fold = drawn.find(({ number }) => folderOfFold(number) === name)
    const changes = fold && (await changesSince(place, await factsOfFold(fold, plans, engine)))
    if (changes?.length === 0) continue
    await removeFolder(place)
    gone.push(name)
  }
  return gone
}

/** One of them is in every folder of a training. */
const TRAINED = [RUN, MODEL, CHECKPOINT]

export const folderOfFold = (number: number): string => `fold-${number}`

const SCORES = 'scores.csv'

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
  scores: { film: LabelledFilm; label: string; probabilities: readonly number[] }[]
  failed: FailedFilm[]
}

/** What the model of a fold said of its films. */
export async function foldScores(folder: string, { test }: Fold): Promise<ScoredFold> {
  const { rows } = await readScores(join(folder, SCORES))
  const filmOf = new Map(test.map((film) => [film.path, film]))
  const result: ScoredFold = { scores: [], failed: [] }
  for (const { path, status, label, probabilities } of rows) {
    const film = filmOf.get(path)!
    if (label === null || probabilities === null)
      result.failed.push({ path, actual: film.label, code: null, reason: `its status is ${status}` })
    else result.scores.push({ film, label, probabilities })
  }
  return result
}
