/** Cross-validation of one network or of several: each fold is a training of its own into a folder of its own, and what all
 *  of them say of films that they did not see goes into the tables of S1.5. A fold that is whole already is kept, so that a
 *  run that was killed goes on. */
import { join } from 'node:path'
import { hasCode, RoentgenError } from '../../../errors.ts'
import { writeWhole } from '../../../whole-file.ts'
import { csvRow } from '../../data/csv.ts'
import { readKey } from '../../data/inputs/names.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { patientNaming } from '../../dataset/names.ts'
import { confusionOf } from '../../evaluate/confusion.ts'
import { evaluateScores } from '../../evaluate/evaluate.ts'
import { positiveOf } from '../../evaluate/metrics.ts'
import { type Contender, type SweepTables, sweepTables } from '../../evaluate/sweep.ts'
import { SWEEP_FORMATS } from '../../evaluate/sweep-text.ts'
import { writeEvaluation } from '../../evaluate/write.ts'
import { type Fold, foldsOf } from '../../train/folds.ts'
import { type Examined, examine } from '../../train/prepare.ts'
import { preprocessingOf, type TrainingPlan } from '../../train/recipes.ts'
import { type FoldOptions, foldScores, type ScoredFold, trainFold } from './fold.ts'

/** A network that takes part. */
export interface Entry {
  /** Of its row in the tables. */
  name: string
  /** Of its folds and its report. */
  folder: string
  plan: TrainingPlan
  /** The plan in the user's words (into.ts). */
  asGiven: TrainingPlan
}

interface CrossOptions extends FoldOptions {
  /** Folder of what is common to all: folds.csv, tables, features. */
  out: string
  /** How many folds are drawn, and how many of them are trained and tested. */
  folds: number
  tested: number
  positive: string
}

/** @returns the tables; they are written, too
 *  @throws ROE_SPLIT before anything is trained; ROE_BACKBONE, ROE_TRAINING where none of the networks can be
 *    built and trained; what `train` and
 *    scoring throw, and then the folds that are whole stay */
export async function crossValidate(
  entries: readonly Entry[],
  data: LabelledSet,
  options: CrossOptions,
): Promise<{ tables: SweepTables; examined: Examined }> {
  const { out, folds, tested, positive, note } = options
  const examined = await examine(data, distinct(entries.map(({ plan }) => preprocessingOf(plan))))
  // All are drawn before the first is trained, since any may be refused.
  const drawn = entries.map(({ plan }) => foldsOf(examined, plan, folds))
  await writeFolds(join(out, 'folds.csv'), drawn[0]!)
  note(
    `folds: ${folds}, with patients and copies together, of ${examined.films.length} films; ${examined.failures.length} left out; ${examined.duplicates} pairs of copies`,
  )
  for (const { error } of examined.failures) note(error.message)
  const contenders: Contender[] = []
  const leftOut: { name: string; reason: string; error: RoentgenError }[] = []
  for (const [at, entry] of entries.entries()) {
    if (entries.length > 1) note(`network ${at + 1} of ${entries.length}: ${entry.name}`)
    try {
      contenders.push(await testEntry(entry, drawn[at]!.slice(0, tested), data, options))
    } catch (error) {
      if (!hasCode(error, 'ROE_BACKBONE') && !hasCode(error, 'ROE_TRAINING')) throw error
      note(error.message)
      leftOut.push({ name: entry.name, reason: `${error.data.where}: ${error.reason}`, error })
    }
  }
  if (contenders.length === 0) throw leftOut[0]!.error
  const told = leftOut.map(({ name, reason }) => ({ name, reason }))
  const tables = sweepTables({ labels: data.labels, positive, of: folds, contenders, leftOut: told })
  for (const [extension, text] of Object.entries(SWEEP_FORMATS))
    await writeWhole(join(out, `tables.${extension}`), text(tables))
  return { tables, examined }
}

/** Trains and tests the folds of one network, and reports on all of their films together. */
async function testEntry(
  { name, folder, plan, asGiven }: Entry,
  folds: readonly Fold[],
  data: LabelledSet,
  options: CrossOptions,
): Promise<Contender> {
  const scored: ScoredFold[] = []
  for (const fold of folds) {
    const place = join(folder, `fold-${fold.number}`)
    await trainFold(
      place,
      fold,
      data,
      { plan, asGiven },
      { ...options, cache: join(options.out, 'features') },
    )
    scored.push(await foldScores(place, fold))
  }
  const { labels } = data
  const about = {
    model: null,
    scores: null,
    data: options.source,
    splits: {},
    notes: [
      `${folds.length === folds[0]?.of ? 'Cross-validation' : 'A test'}: each film was scored by the model of its fold, which was trained without that fold.`,
    ],
  }
  const rows = scored.flatMap((fold) => fold.rows)
  const failed = scored.flatMap((fold) => fold.failed)
  // None of the test films has a copy among the films that its model was trained on: copies are in one fold.
  const copies = new Map<string, readonly string[]>()
  const evaluation = evaluateScores({ about, labels, rows, failed, copies, positive: options.positive })
  await writeEvaluation(join(folder, 'report'), evaluation)
  return { name, folds: scored.map((fold) => confusionOf(labels, fold.rows).matrix) }
}

/** Which film is in which fold; `roentgen evaluate --labels` reads it. */
async function writeFolds(path: string, folds: readonly Fold[]): Promise<void> {
  const nameOf = patientNaming(await readKey(undefined))
  const films = folds.flatMap(({ number, test }) => test.map((film) => ({ ...film, fold: number })))
  const rows = films
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((film) => [film.path, film.label, nameOf(film.patient), film.fold])
  const patients = films.some(({ patient }) => patient !== null)
  const table = [['path', 'label', 'patient', 'fold'], ...rows].map((row) =>
    row.filter((_, i) => patients || i !== 2),
  )
  await writeWhole(path, table.map(csvRow).join(''))
}

/** The class that is looked for.
 *  @throws ROE_OPTION where it is none of the labels, or must be said */
export function positiveAmong(labels: readonly string[], given: string | undefined): string {
  const positive = given ?? positiveOf(labels)
  if (positive !== null && labels.includes(positive)) return positive
  throw new RoentgenError('ROE_OPTION', {
    where: '--positive',
    expected: labels.join(' or '),
    received: given ?? 'nothing',
  })
}

const distinct = <Value>(values: readonly Value[]): Value[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
]
