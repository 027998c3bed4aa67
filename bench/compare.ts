/** Two results of the same cases held against each other: what became slower or faster, by how much, and whether chance
 *  would do as much. What differs between two days on one machine is in no result, and so in no interval. */

import { differencesOf } from './compare-settings.ts'
import { fewestQueries, PERCENTILES } from './early-stopping.ts'
import { type Case, caseId, type Results, type Sample } from './results.ts'
import { overProcesses, quantile, ratioOverProcesses } from './statistics.ts'
import { medianOf, samplesByCase, throughputOf } from './table.ts'
import { digits } from './text.ts'

/** Below this chance of seeing it without a change, all rows together, a difference counts. At most 5 % of comparisons are
 *  to show a change where there is none; half of that is kept back, since processes are not quite as the test takes them. */
const ALPHA = 0.025

type Metric = 'time a film' | 'median' | 'p90 of a process'

type Verdict = 'slower' | 'faster' | 'no difference shown' | 'too few processes'

export interface ComparedRow {
  case: Case
  metric: Metric
  /** Milliseconds, geometric means over processes: a film, in offline and end-to-end, else a query. */
  oldMs: number
  newMs: number
  processes: [old: number, new: number]
  /** New time over old time: above 1 is slower. 95 % interval; null where a side has one process. */
  ratio: { value: number; low: number | null; high: number | null }
  /** The chance of a ratio as far from 1 if nothing changed, corrected for the number of rows (Holm); null as above. */
  p: number | null
  verdict: Verdict
}

export interface Comparison {
  rows: ComparedRow[]
  /** Cases that ran in the old results and not in the new ones; why, where the new ones say. */
  lost: { id: string; problem: string | null }[]
  /** Cases that ran in both, and failed now in some of their visits, in none before. */
  failing: { id: string; failed: number; visits: number; problem: string }[]
  /** Cases of the new results alone. */
  added: string[]
  /** What is not the same on both sides, in words. */
  differences: string[]
}

/** Compares all cases that ran on both sides. */
export function compareResults(old: Results, now: Results): Comparison {
  const [before, after] = [samplesByCase(old), samplesByCase(now)]
  const both = [...before].filter(([id]) => after.has(id))
  const rows = both.flatMap(([id, samples]) => rowsOf(samples, after.get(id)!))
  return {
    rows: withVerdicts(rows),
    lost: [...before.keys()]
      .filter((id) => !after.has(id))
      .map((id) => ({ id, problem: problemOf(id, now) })),
    failing: both.flatMap(([id]) => failingOf(id, old, now)),
    added: [...after.keys()].filter((id) => !before.has(id)),
    differences: differencesOf(old, now, new Set(both.map(([id]) => id))),
  }
}

/** For what a check is to fail, a line each: figures that are slower by at least this share, shown and not by chance; cases
 *  lost to a failure, or failing now and then; and a comparison that could not have shown anything.
 *  @param share  0.1 for 10 % */
export const regressionsOf = ({ rows, lost, failing }: Comparison, share: number): string[] => [
  ...(rows.some(({ p }) => p !== null)
    ? []
    : ['nothing was checked: no case has two processes or more in both results']),
  ...rows
    .filter(({ verdict, ratio }) => verdict === 'slower' && ratio.value >= 1 + share)
    .map((row) => `${caseId(row.case)}: ${row.metric} ${changeText(row.ratio.value)}`),
  ...lost.flatMap(({ id, problem }) =>
    problem === null ? [] : [`${id}: does not run any more (${problem})`],
  ),
  ...failing.map(failingText),
]

/** Figures that may be slower by this share and more for all that was measured: the check says nothing of them. */
export const untoldOf = ({ rows }: Comparison, share: number): ComparedRow[] =>
  rows.filter(
    ({ verdict, ratio }) => verdict !== 'slower' && (ratio.high === null || ratio.high >= 1 + share),
  )

/** `mobilenet … t2: 1 of 6 visits failed (out of memory)` */
export const failingText = ({ id, failed, visits, problem }: Comparison['failing'][number]): string =>
  `${id}: ${failed} of ${visits} visits failed (${problem})`

/** `+5.2 %`: of a ratio of times; `x 12.3` from ten times on. */
export const changeText = (ratio: number): string =>
  ratio >= 10 ? `x ${digits(ratio)}` : `${ratio < 1 ? '-' : '+'}${Math.abs(100 * (ratio - 1)).toFixed(1)} %`

const problemOf = (id: string, { failures, unfinished }: Results): string | null =>
  failures.find((failure) => caseId(failure.case) === id)?.problem ??
  (unfinished?.unvisited.some((one) => caseId(one) === id) ? 'interrupted before it was visited' : null)

function failingOf(id: string, old: Results, now: Results): Comparison['failing'] {
  const of = (entries: readonly { case: Case }[]) => entries.filter((one) => caseId(one.case) === id).length
  const [failed, problem] = [of(now.failures), problemOf(id, now)]
  if (of(old.failures) > 0 || problem === null || failed === 0) return []
  return [{ id, failed, visits: failed + of(now.samples), problem }]
}

type Bare = Omit<ComparedRow, 'verdict'>

/** Metrics of a case, before the number of rows is known: p is of this row alone. */
function rowsOf(old: readonly Sample[], now: readonly Sample[]): Bare[] {
  const one = old[0]!.case
  const compare = (metric: Metric, figureOf: (sample: Sample) => number): Bare => {
    const [before, after] = [old.map(figureOf), now.map(figureOf)]
    const { p, ...ratio } = ratioOverProcesses(before, after)
    const known = { case: one, metric, oldMs: overProcesses(before).value, newMs: overProcesses(after).value }
    return { ...known, processes: [before.length, after.length], ratio, p }
  }
  if (one.scenario !== 'single-stream')
    return [compare('time a film', (sample) => 1000 / throughputOf(sample))]
  const median = compare('median', medianOf)
  return hasP90(old) && hasP90(now)
    ? [median, compare('p90 of a process', ({ latenciesMs }) => quantile(latenciesMs, PERCENTILES.p90))]
    : [median]
}

/** Whether enough queries stand behind a p90. What is compared is that of each process, which is no upper bound. */
const hasP90 = (samples: readonly Sample[]): boolean =>
  samples.reduce((sum, { latenciesMs }) => sum + latenciesMs.length, 0) >= fewestQueries(PERCENTILES.p90)

/** Corrects p for the number of rows, so that the more cases a suite has, the more each must show.
 *  @source Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure" */
function withVerdicts(rows: readonly Bare[]): ComparedRow[] {
  const ranked = rows.filter(({ p }) => p !== null).toSorted((a, b) => a.p! - b.p!)
  const corrected = new Map<Bare, number>()
  let least = 0
  for (const [rank, row] of ranked.entries()) {
    least = Math.max(least, Math.min(1, (ranked.length - rank) * row.p!))
    corrected.set(row, least)
  }
  return rows.map((row) => {
    const p = corrected.get(row) ?? null
    return { ...row, p, verdict: verdictOf(p, row.ratio.value) }
  })
}

function verdictOf(p: number | null, ratio: number): Verdict {
  if (p === null) return 'too few processes'
  if (p >= ALPHA) return 'no difference shown'
  return ratio > 1 ? 'slower' : 'faster'
}
