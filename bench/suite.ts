/** A suite: every case once a round, in an order that is drawn anew, each visit handed to an executor that is given. It
 *  starts no process, reads no clock and writes no file of its own, so that it is tested without any. */

import { problemOf } from '../errors.ts'
import { deriveSeed, seededRandom, shuffled } from '../random.ts'
import { type Entry, isFailure } from './journal.ts'
import { type Case, caseId, type Failure, type Results, type Sample } from './results.ts'

export interface Visit {
  case: Case
  round: number
}

/** All visits in their order. Cases of a round are shuffled, and the next round goes through them backwards, so that over
 *  two rounds a drift that is even in time costs each case the same; then an order is drawn anew.
 *  @source the shuffling: Abedi & Brecht 2017, "Conducting Repeatable Experiments in Highly Variable Cloud Computing
 *  Environments" (randomized multiple interleaved trials); going backwards: the ABBA order of designed experiments */
export function planVisits(cases: readonly Case[], rounds: number, seed: number): Visit[] {
  return Array.from({ length: rounds }, (_, round) => {
    const random = seededRandom(deriveSeed(seed, `order ${Math.floor(round / 2)}`))
    const order = shuffled(cases, random)
    return (round % 2 === 0 ? order : order.reverse()).map((one) => ({ case: one, round }))
  }).flat()
}

/** How far a suite is; for a line or a bar. */
export interface Progress {
  /** About to be visited; null at the end. */
  next: Visit | null
  done: number
  of: number
  failed: number
  /** What is left, by what each case took before; null until the first visit is done. */
  etaMs: number | null
}

export interface SuiteOptions {
  cases: readonly Case[]
  rounds: number
  seed: number
  /** Runs one case in a process of its own. What it throws is a failure of the case, unless the signal was given. */
  visit: (visit: Visit) => Promise<Sample>
  /** Takes each entry as it comes, before the next visit begins. */
  write: (entry: Entry) => unknown
  /** Entries of an earlier part of the same suite: their visits are not made again. */
  before?: readonly Entry[]
  onProgress?: (progress: Progress) => void
  /** Milliseconds since some moment. */
  now?: () => number
  /** Ends the suite behind, or within, the visit that is under way; that visit leaves no entry. */
  signal?: AbortSignal
}

export interface SuiteEnd {
  samples: Sample[]
  failures: Failure[]
  /** Where the signal ended it before the last visit. */
  unfinished: Results['unfinished']
}

/** Runs a suite to its end. A case that fails in round 0 is not visited again, one that fails later is.
 *  @returns all entries, those of before first   @throws what `write` throws */
export async function runSuite(options: SuiteOptions): Promise<SuiteEnd> {
  const { cases, rounds, seed, visit, write, before = [], onProgress, signal } = options
  const now = options.now ?? (() => performance.now())
  const entries = [...before]
  const clock = new Durations()
  let left = leftOf(planVisits(cases, rounds, seed), entries)
  while (left.length > 0 && !signal?.aborted) {
    const next = left[0]!
    onProgress?.(progressOf(entries, left, clock))
    const start = now()
    const entry = await entryOf(next, visit)
    if (signal?.aborted) break
    clock.add(next.case, now() - start)
    await write(entry)
    entries.push(entry)
    left = leftOf(left, entries)
  }
  onProgress?.({ ...progressOf(entries, left, clock), next: null })
  return {
    samples: entries.filter((entry): entry is Sample => !isFailure(entry)),
    failures: entries.filter(isFailure),
    unfinished: unfinishedOf(cases, entries, left),
  }
}

function unfinishedOf(
  cases: readonly Case[],
  entries: readonly Entry[],
  left: readonly Visit[],
): SuiteEnd['unfinished'] {
  if (left.length === 0) return null
  const visited = new Set(entries.map((entry) => caseId(entry.case)))
  return {
    done: entries.length,
    of: entries.length + left.length,
    unvisited: cases.filter((one) => !visited.has(caseId(one))),
  }
}

async function entryOf(next: Visit, visit: SuiteOptions['visit']): Promise<Entry> {
  try {
    return await visit(next)
  } catch (error) {
    return { ...next, problem: problemOf(error) }
  }
}

const visitId = (visit: Visit): string => `${visit.round} ${caseId(visit.case)}`

/** Visits that are still to be made. */
function leftOf(visits: readonly Visit[], entries: readonly Entry[]): Visit[] {
  const seen = new Set(entries.map(visitId))
  const failed = entries.filter((entry) => isFailure(entry) && entry.round === 0)
  const given = new Set(failed.map((entry) => caseId(entry.case)))
  return visits.filter((visit) => !seen.has(visitId(visit)) && !given.has(caseId(visit.case)))
}

function progressOf(entries: readonly Entry[], left: readonly Visit[], clock: Durations): Progress {
  return {
    next: left[0] ?? null,
    done: entries.length,
    of: entries.length + left.length,
    failed: entries.filter(isFailure).length,
    etaMs: clock.of(left),
  }
}

/** What visits took in this part of the suite, by case. */
class Durations {
  readonly #last = new Map<string, number>()

  add(one: Case, ms: number): void {
    this.#last.set(caseId(one), ms)
  }

  /** Of visits together: a case that was not visited yet is taken for the mean of the others. */
  of(visits: readonly Visit[]): number | null {
    if (this.#last.size === 0) return visits.length === 0 ? 0 : null
    const mean = [...this.#last.values()].reduce((sum, ms) => sum + ms, 0) / this.#last.size
    return visits.reduce((sum, visit) => sum + (this.#last.get(caseId(visit.case)) ?? mean), 0)
  }
}
