/** Figures of films that may have several labels at once (multi-label): each label by itself, over the films of which it is
 *  known. There is no matrix, since one label says nothing of another. Pure. */
import { RoentgenError } from '../../errors.ts'
import { areaOf } from './auc.ts'
import { sum } from './confusion.ts'
import { nothingToCount } from './evaluate.ts'
import type {
  FindingFigures,
  FindingsEvaluation,
  FindingsFilm,
  FindingsInput,
  FoldAreas,
} from './findings-evaluation.ts'
import { proportionOf } from './intervals.ts'
import { ratio } from './metrics.ts'
import { parted } from './parted.ts'
import { meanAndDeviation } from './sweep.ts'
import { findingsWarnings } from './warnings.ts'

/** @throws ROE_EVALUATION when no film has a score */
export function evaluateFindings(input: FindingsInput): FindingsEvaluation {
  const { about, labels, rows, failed, folds } = input
  if (rows.length === 0) throw nothingToCount(about.data, failed)
  const { copies, others, patients } = parted(rows, input.copies)
  const all = figuresOf(input, rows)
  const areas = all.flatMap(({ auc }) => (auc === null ? [] : [auc.value]))
  const facts = {
    version: 1,
    kind: 'findings',
    about,
    labels,
    films: rows.length,
    patients,
    all,
    meanAuc: areas.length === labels.length ? ratio(sum(areas), areas.length) : null,
    withoutCopies: copies.length > 0 && others.length > 0 ? figuresOf(input, others) : null,
    folds: folds === undefined ? null : foldAreas(input, folds),
    copies,
    failed,
    unmatched: input.unmatched ?? { withoutScore: [], withoutLabel: [] },
  } as const
  return { ...facts, warnings: findingsWarnings(facts, input) }
}

/** There is no positive class where each label stands by itself. @throws ROE_OPTION when one is named */
export function refusePositive(positive: string | undefined): void {
  if (positive === undefined) return
  const expected = 'nothing, since each label of this model stands by itself'
  throw new RoentgenError('ROE_OPTION', { where: '--positive', expected, received: positive })
}

const figuresOf = (
  { labels, thresholds }: Pick<FindingsInput, 'labels' | 'thresholds'>,
  rows: readonly FindingsFilm[],
): FindingFigures[] => labels.map((label, at) => figuresOfLabel(label, thresholds[at]!, at, rows))

function figuresOfLabel(
  label: string,
  threshold: number,
  at: number,
  rows: readonly FindingsFilm[],
): FindingFigures {
  const known = rows
    .filter(({ findings }) => Object.hasOwn(findings, label))
    .map(({ findings, probabilities, patient }) => ({
      has: findings[label] === 1,
      // As float32, as `score` compares them.
      said: Math.fround(probabilities[at]!) >= Math.fround(threshold),
      score: probabilities[at]!,
      patient,
    }))
  const [having, not] = [known.filter(({ has }) => has), known.filter(({ has }) => !has)]
  const proportion = (films: typeof known) =>
    proportionOf(films.map(({ has, said, patient }) => ({ hit: has === said, patient })))
  const [sensitivity, specificity] = [proportion(having), proportion(not)]
  return {
    label,
    known: known.length,
    positives: having.length,
    threshold,
    counts: {
      truePositive: sensitivity.count,
      falsePositive: not.length - specificity.count,
      trueNegative: specificity.count,
      falseNegative: having.length - sensitivity.count,
    },
    sensitivity,
    specificity,
    auc: areaOf(
      known.map(({ score }) => score),
      known.map(({ has }) => has),
      known.map(({ patient }) => patient),
    ),
  }
}

function foldAreas(input: FindingsInput, folds: readonly (readonly FindingsFilm[])[]): FoldAreas {
  const each = folds.map((rows) => figuresOf(input, rows))
  return {
    of: folds.length,
    labels: input.labels.map((label, at) => {
      const auc = each.map((figures) => figures[at]!.auc?.value ?? null)
      return { label, auc, ...meanAndDeviation(auc) }
    }),
  }
}
