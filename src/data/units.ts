/** Films that belong together in every split: those of one patient, and the copies of one film. What is drawn are units. */
import assert from 'node:assert/strict'
import { groupByLinks } from './disjoint-sets.ts'

export interface Splittable {
  path: string
  label: string
  patient: string | null
}

export interface Unit {
  /** Places in the list of films. */
  films: number[]
  /** How many of them each label has, in the order of the labels. */
  counts: number[]
}

/** Films that must stay together as units: a film alone, or all films of a patient or a group, joined where they overlap.
 *  @param films   sorted by path, each once
 *  @param labels  all labels of the films
 *  @param groups  film path → group: films of one group stay together, as those of one patient do */
export function unitsOf(
  films: readonly Splittable[],
  labels: readonly string[],
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
  const units = new Map<number, Unit>()
  groupByLinks(films.length, links).forEach((root, index) => {
    const unit = units.get(root) ?? { films: [], counts: labels.map(() => 0) }
    unit.films.push(index)
    unit.counts[labels.indexOf(films[index]!.label)]! += 1
    units.set(root, unit)
  })
  return [...units.values()]
}

/** Films of each label in these units, in the order of the labels. */
export const unitCounts = (units: readonly Unit[], labels: number): number[] =>
  Array.from({ length: labels }, (_, index) => units.reduce((sum, { counts }) => sum + counts[index]!, 0))

/** The order of units and splits, so that they do not depend on the order in which films come. */
export const byPath = <Film extends { path: string }>(films: readonly Film[]): Film[] =>
  films.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
