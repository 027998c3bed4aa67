/** Cross-validation of one network or of several: each fold is a training of its own into a folder of its own, and what all
 *  of them say of films that they did not see goes into the tables of S1.5. A fold that is whole already is kept, so that a
 *  run that was killed goes on. */
import { join } from 'node:path'
import { hasCode, RoentgenError } from '../../../errors.ts'
import { removeUnfinished, writeWhole } from '../../../whole-file.ts'
import { csvRow } from '../../data/csv.ts'
import { requireBoth } from '../../data/findings.ts'
import { readKey } from '../../data/inputs/names.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { hasFindings } from '../../data/units.ts'
import { patientNaming } from '../../dataset/names.ts'
import { confusionOf } from '../../evaluate/confusion.ts'
import { evaluateScores } from '../../evaluate/evaluate.ts'
import { evaluateFindings } from '../../evaluate/findings.ts'
import type { FindingsEvaluation } from '../../evaluate/findings-evaluation.ts'
import { positiveOf } from '../../evaluate/metrics.ts'
import { type Contender, type SweepTables, sweepTables } from '../../evaluate/sweep.ts'
import { SWEEP_FORMATS } from '../../evaluate/sweep-text.ts'
import { EVALUATION_FILES, writeEvaluation } from '../../evaluate/write.ts'
import { DEFAULT_THRESHOLD } from '../../infer/scoring.ts'
import { type Fold, foldsOf } from '../../train/folds.ts'
import { type Examined, examine } from '../../train/prepare.ts'
import { preprocessingOf } from '../../train/recipes.ts'
import { buildable, type Entry, type LeftOut, namedError } from './entries.ts'
import {
  type FoldOptions,
  folderOfFold,
  foldScores,
  removeOthers,
  type ScoredFold,
  trainFold,
} from './fold.ts'

export interface CrossOptions extends FoldOptions {
  /** Folder of what is common to all: folds.csv, tables, features. */
  out: string
  /** How many folds are drawn, and how many of them are trained and tested. */
  folds: number
  tested: number
}

/** @returns the tables; they are written, too
 *  @throws what `buildable` throws, and ROE_SPLIT, before anything is trained or written; ROE_TRAINING where none of the
 *    networks can be trained; what `train` and scoring throw, and then the folds that are whole stay */
export async function crossValidate(
  all: readonly Entry[],
  data: LabelledSet,
  options: CrossOptions & { positive: string },
): Promise<{ tables: SweepTables; examined: Examined }> {
  const { out, folds, positive, note } = options
  const { entries, leftOut, examined, drawn } = await drawAll(all, data, options)
  const contenders: Contender[] = []
  for (const [at, entry] of entries.entries()) {
    if (entries.length > 1) note(`network ${at + 1} of ${entries.length}: ${entry.name}`)
    try {
      contenders.push(await testEntry(entry, drawn[at]!, data, options))
    } catch (error) {
      if (!hasCode(error, 'ROE_TRAINING')) throw error
      note(error.message)
      leftOut.push({ name: entry.name, error })
    }
  }
  if (contenders.length === 0) throw leftOut[0]!.error
  const told = leftOut.map(reasonOf)
  const tables = sweepTables({ labels: data.labels, positive, of: folds, contenders, leftOut: told })
  for (const [extension, text] of Object.entries(SWEEP_FORMATS))
    await writeWhole(join(out, tablesName(extension)), text(tables))
  return { tables, examined }
}

const FOLDS = 'folds.csv'
const tablesName = (extension: string): string => `tables.${extension}`
const TABLES = Object.keys(SWEEP_FORMATS).map(tablesName)

const reasonOf = ({ name, error }: LeftOut): SweepTables['leftOut'][number] => ({
  name,
  reason: `${error.data.where}: ${error.reason}`,
})

/** One network whose labels do not exclude each other: each label by itself, of all folds together and of each.
 *  @returns the evaluation; it is written, too
 *  @throws as crossValidate */
export async function crossValidateFindings(
  entry: Entry,
  data: LabelledSet,
  options: CrossOptions,
): Promise<{ evaluation: FindingsEvaluation; examined: Examined }> {
  requireBoth(data)
  const { examined, drawn } = await drawAll([entry], data, options)
  const scored = await testFolds(entry, drawn[0]!, data, options)
  const folds = scored.map(({ scores }) =>
    scores.map(({ film: { path, findings = {}, patient }, probabilities }) => ({
      ...{ path, findings, probabilities, patient },
    })),
  )
  const evaluation = evaluateFindings({
    ...commonOf(scored, data, options),
    thresholds: data.labels.map(() => DEFAULT_THRESHOLD),
    rows: folds.flat(),
    folds,
  })
  await writeEvaluation(join(entry.folder, 'report'), evaluation)
  return { evaluation, examined }
}

/** All are built and drawn before the first is trained, since any may be refused.
 *  @returns the networks that can be built, with the folds of each, and the others */
async function drawAll(
  all: readonly Entry[],
  data: LabelledSet,
  { out, folds, note }: CrossOptions,
): Promise<{ entries: Entry[]; leftOut: LeftOut[]; examined: Examined; drawn: Fold[][] }> {
  const { built: entries, leftOut } = await buildable(all, data)
  const examined = await examine(data, distinct(entries.map(({ plan }) => preprocessingOf(plan))))
  const drawn = entries.map(({ plan }) => foldsOf(examined, plan, folds))
  await removeUnfinished(out, [FOLDS, ...TABLES])
  await writeFolds(join(out, FOLDS), drawn[0]!, data.labels)
  for (const { name, error } of leftOut) note(namedError(name, error).message)
  note(
    `folds: ${folds}, with patients and copies together, of ${examined.films.length} films; ${examined.failures.length} left out; ${examined.duplicates} pairs of copies`,
  )
  for (const { error } of examined.failures) note(error.message)
  return { entries, leftOut, examined, drawn }
}

/** Trains folds of one network, and scores their films. Its folder then has folds of this run and no others. */
async function testFolds(
  { folder, plan, asGiven }: Entry,
  drawn: readonly Fold[],
  data: LabelledSet,
  options: CrossOptions,
): Promise<ScoredFold[]> {
  const scored: ScoredFold[] = []
  for (const fold of drawn.slice(0, options.tested)) {
    const place = join(folder, folderOfFold(fold.number))
    await trainFold(
      place,
      fold,
      data,
      { plan, asGiven },
      { ...options, cache: join(options.out, 'features') },
    )
    scored.push(await foldScores(place, fold))
  }
  const gone = await removeOthers(folder, drawn, { plan, asGiven }, options)
  if (gone.length > 0) options.note(`${folder}: removed, of an earlier run: ${gone.join(', ')}`)
  await removeUnfinished(join(folder, 'report'), EVALUATION_FILES)
  return scored
}

/** Trains and tests folds of one network, and reports on all of their films together. */
async function testEntry(
  entry: Entry,
  drawn: readonly Fold[],
  data: LabelledSet,
  options: CrossOptions & { positive: string },
): Promise<Contender> {
  const { labels } = data
  const scored = await testFolds(entry, drawn, data, options)
  const rowsOf = ({ scores }: ScoredFold) =>
    scores.map(({ film: { path, label: actual, patient }, label, probabilities }) => ({
      ...{ path, actual, predicted: label, probabilities, patient },
    }))
  const evaluation = evaluateScores({
    ...commonOf(scored, data, options),
    rows: scored.flatMap(rowsOf),
    positive: options.positive,
  })
  await writeEvaluation(join(entry.folder, 'report'), evaluation)
  return { name: entry.name, folds: scored.map((fold) => confusionOf(labels, rowsOf(fold)).matrix) }
}

/** What an evaluation of folds says, of whatever labels. */
const commonOf = (
  scored: readonly ScoredFold[],
  { labels }: LabelledSet,
  { source, folds }: CrossOptions,
) => ({
  about: {
    model: null,
    scores: null,
    data: source,
    splits: {},
    notes: [
      `${scored.length === folds ? 'Cross-validation' : 'A test'}: each film was scored by the model of its fold, which was trained without that fold.`,
    ],
  },
  labels,
  failed: scored.flatMap((fold) => fold.failed),
  // None of the test films has a copy among the films that its model was trained on: copies are in one fold.
  copies: new Map<string, readonly string[]>(),
})

/** Which film is in which fold; `roentgen train --data` reads it, and of classes `evaluate --labels`. */
async function writeFolds(path: string, folds: readonly Fold[], labels: readonly string[]): Promise<void> {
  const nameOf = patientNaming(await readKey(undefined))
  const films = folds.flatMap(({ number, test }) => test.map((film) => ({ ...film, fold: number })))
  const columns = hasFindings(films) ? labels : ['label']
  const patients = films.some(({ patient }) => patient !== null)
  const rows = films
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, label, findings, patient, fold }) => [
      path,
      ...(findings === undefined ? [label] : labels.map((of) => findings[of] ?? null)),
      ...(patients ? [nameOf(patient)] : []),
      fold,
    ])
  const table = [['path', ...columns, ...(patients ? ['patient'] : []), 'fold'], ...rows]
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
