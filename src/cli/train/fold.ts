/** One fold into one folder: a training, and what its model says of the fold's films. Both are kept where they are whole and
 *  come from the same: run.json says so of the model, and the header of scores.csv of the scores. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { removeFile } from '../../../whole-file.ts'
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
import { type IntoOptions, MODEL, RUN, trainInto, versions } from './into.ts'
import type { NamedEngine } from './named-engine.ts'
import { weightsDigest } from './weights-digest.ts'
import { changesSince } from './whole.ts'

export interface FoldOptions extends Pick<IntoOptions, 'source' | 'note'> {
  /** The engine of every fold: they are not mixed. */
  engine: NamedEngine
  /** What becomes of a fold that was interrupted. */
  found: 'if same' | 'restart'
  /** Progress of one training. */
  filmsShown: () => NonNullable<IntoOptions['onFilms']>
}

/** Trains and scores, unless that was done. @throws what `train` and `scoreToFile` throw; ROE_WRITE */
export async function trainFold(
  folder: string,
  fold: Fold,
  data: LabelledSet,
  { plan, asGiven }: { plan: TrainingPlan; asGiven: TrainingPlan },
  { source, note, engine, filmsShown, cache, found }: FoldOptions & { cache: string },
): Promise<void> {
  const where = `fold ${fold.number} of ${fold.of}`
  const facts = {
    plan: settingsOf(asGiven),
    engine,
    versions: versions(),
    weights: await weightsDigest(plan.weights),
    fold: {
      number: fold.number,
      of: fold.of,
      train: digestOf(fold.prepared.films),
      test: fold.testDigest,
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
    await trainInto(folder, data, plan, {
      ...{ source, asGiven, engine: engine.name, note, onFilms: filmsShown(), cache, drawn },
      ...{ weights: facts.weights, more: { fold: facts.fold }, found },
    })
  }
  await scoreFold(folder, fold)
}

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
