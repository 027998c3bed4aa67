/** Films that belong together in every split: those of one patient, and the copies of one film. What is drawn are units. */
import assert from 'node:assert/strict'
import { groupByLinks } from './disjoint-sets.ts'
import type { Findings } from './labelled.ts'

export interface Splittable {
  path: string
  label: string
  findings?: Findings | undefined
  patient: string | null
}

export interface Unit {
  /** Places in the list of films. */
  films: number[]
  /** How many of them count to each stratum, in the order of the strata. */
  counts: number[]
}

/** What a film counts to where a draw is to be even: its label; or each finding that is known, by whether it is there. */
export const strataOf = ({ label, findings }: Pick<Splittable, 'label' | 'findings'>): string[] =>
  findings === undefined ? [label] : Object.entries(findings).map(([of, known]) => `${of} = ${known}`)

/** All strata of some films: labels by code unit; of findings the rarest first, which are hardest to spread. */
export function allStrata(films: readonly Pick<Splittable, 'label' | 'findings'>[]): string[] {
  const counts = new Map<string, number>()
  for (const film of films)
    for (const stratum of strataOf(film)) counts.set(stratum, (counts.get(stratum) ?? 0) + 1)
  const names = [...counts.keys()].sort()
  return hasFindings(films) ? names.sort((a, b) => counts.get(a)! - counts.get(b)!) : names
}

export const hasFindings = (films: readonly Pick<Splittable, 'findings'>[]): boolean =>
  films.some(({ findings }) => findings !== undefined)

/** Films that must stay together as units: a film alone, or all films of a patient or a group, joined where they overlap.
 *  @param films   sorted by path, each once
 *  @param strata  all strata of the films
 *  @param groups  film path → group: films of one group stay together, as those of one patient do */
export function unitsOf(
  films: readonly Splittable[],
  strata: readonly string[],
  groups: ReadonlyMap<string, string | number>,
): Unit[] {
  const firstOf = new Map<string, number>()
  const links: [number, number][] = []
  films.forEach(({ path, patient }, index) => {
    assert(films[index - 1]?.path !== path, `two films have the path ${path}`)
    const group = groups.get(path)
    const keys = [
      patient === null ? [] : `patient ${patient}`,
      group === undefined ? [] : `group ${group}`,
    ].flat()
    for (const key of keys) {
      const first = firstOf.get(key)
      if (first === undefined) firstOf.set(key, index)
      else links.push([first, index])
    }
  })
  const places = new Map(strata.map((stratum, place) => [stratum, place]))
  const units = new Map<number, Unit>()
  groupByLinks(films.length, links).forEach((root, index) => {
    const unit = units.get(root) ?? { films: [], counts: strata.map(() => 0) }
    unit.films.push(index)
    for (const stratum of strataOf(films[index]!)) unit.counts[places.get(stratum)!]! += 1
    units.set(root, unit)
  })
  return [...units.values()]
}

/** Films of each stratum in these units, in the order of the strata. */
export function unitCounts(units: readonly Unit[], strata: number): number[] {
  const totals = new Array<number>(strata).fill(0)
  for (const { counts } of units) for (let at = 0; at < strata; at++) totals[at]! += counts[at]!
  return totals
}

/** The order of units and splits, so that they do not depend on the order in which films come. */
export const byPath = <Film extends { path: string }>(films: readonly Film[]): Film[] =>
  films.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
