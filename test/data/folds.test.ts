import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawFolds } from '../../src/data/folds.ts'

const LABELS = ['covid', 'normal', 'pneumonia']

interface Film {
  path: string
  label: string
  patient: string | null
}

const lone = (counts: readonly number[]): Film[] =>
  counts.flatMap((count, at) =>
    Array.from({ length: count }, (_, film) => ({
      path: `${at}/${film}`,
      label: LABELS[at]!,
      patient: null,
    })),
  )

/** Patients with films of one or of several labels; each label has at least ten patients of its own. */
const patients = fc
  .tuple(
    ...LABELS.map(() => fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 10, maxLength: 16 })),
    fc.array(fc.array(fc.constantFrom(...LABELS), { minLength: 2, maxLength: 6 }), { maxLength: 6 }),
  )
  .map(([...parts]) => {
    const mixed = parts.pop() as string[][]
    const own = (parts as number[][]).flatMap((sizes, at) =>
      sizes.flatMap((size, patient) =>
        Array.from({ length: size }, (_, film) => ({
          path: `${at}/${patient}-${film}`,
          label: LABELS[at]!,
          patient: `${at}-${patient}`,
        })),
      ),
    )
    const both = mixed.flatMap((labels, patient) =>
      labels.map((label, film) => ({ path: `m/${patient}-${film}`, label, patient: `m-${patient}` })),
    )
    return [...own, ...both]
  })

const countOf = (films: readonly Film[], label: string): number =>
  films.filter((film) => film.label === label).length
const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts)

test('lone films: each label, and all of them together, differ by one film between folds at most', () => {
  const counts = fc.array(fc.integer({ min: 10, max: 60 }), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(counts, fc.integer({ min: 2, max: 10 }), fc.integer(), (sizes, folds, seed) => {
      const films = lone(sizes)
      const drawn = drawFolds(films, { folds, seed })
      expect(
        drawn
          .flat()
          .map(({ path }) => path)
          .sort(),
      ).toEqual(films.map(({ path }) => path).sort())
      for (const label of LABELS)
        expect(spread(drawn.map((fold) => countOf(fold, label)))).toBeLessThanOrEqual(1)
      expect(spread(drawn.map((fold) => fold.length))).toBeLessThanOrEqual(1)
    }),
  )
})

test('a patient is in one fold, and every label in each', () => {
  fc.assert(
    fc.property(patients, fc.integer({ min: 2, max: 10 }), fc.integer(), (films, folds, seed) => {
      const drawn = drawFolds(films, { folds, seed })
      expect(
        drawn
          .flat()
          .map(({ path }) => path)
          .sort(),
      ).toEqual(films.map(({ path }) => path).sort())
      const foldsOf = new Map<string, Set<number>>()
      drawn.forEach((fold, at) => {
        for (const { patient } of fold) foldsOf.set(patient!, (foldsOf.get(patient!) ?? new Set()).add(at))
      })
      expect([...foldsOf.values()].every(({ size }) => size === 1)).toBe(true)
      for (const fold of drawn) for (const label of LABELS) expect(countOf(fold, label)).toBeGreaterThan(0)
    }),
  )
})

test('the order of the films does not matter, the seed does', () => {
  fc.assert(
    fc.property(patients, fc.integer(), (films, seed) => {
      expect(drawFolds(films.toReversed(), { folds: 5, seed })).toEqual(drawFolds(films, { folds: 5, seed }))
    }),
  )
  const drawn = [1, 2, 3].map((seed) => JSON.stringify(drawFolds(lone([20, 20]), { folds: 4, seed })))
  expect(new Set(drawn).size).toBe(3)
})

test('groups stay together, and join patients that they overlap', () => {
  const films = lone([12, 12]).map((film) =>
    film.path === '0/0' || film.path === '0/1' ? { ...film, patient: 'p' } : film,
  )
  const groups = new Map([
    ['0/1', 7],
    ['1/5', 7],
  ])
  for (let seed = 0; seed < 40; seed++) {
    const fold = drawFolds(films, { folds: 6, seed, groups }).find((fold) =>
      fold.some(({ path }) => path === '0/0'),
    )!
    expect(fold.map(({ path }) => path)).toEqual(expect.arrayContaining(['0/0', '0/1', '1/5']))
  }
})

describe('folds that cannot be drawn are refused in words', () => {
  const film = (path: string, patient: string | null = null) => ({ path, label: path.slice(0, 1), patient })
  const CASES: [films: Film[], message: string][] = [
    [
      [film('a1'), film('a2'), film('a3'), film('b1'), film('b2')],
      "ROE_SPLIT: b: class 'b' has 2 films, fewer than the 3 folds; add films, or ask for fewer folds",
    ],
    [
      [film('a1'), film('a2'), film('a3'), film('b1', 'p'), film('b2', 'p'), film('b3'), film('b4', 'p')],
      "ROE_SPLIT: b: class 'b' has 2 films that can be told apart (4 films, of some the patient or the picture is the same), fewer than the 3 folds; add films, or ask for fewer folds",
    ],
  ]
  test.each(CASES)('case %#', (films, message) => {
    expect(() => drawFolds(films, { folds: 3, seed: 1 })).toThrow(expect.objectContaining({ message }))
  })
})
