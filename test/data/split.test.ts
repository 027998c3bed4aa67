import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readLabelled } from '../../src/data/manifest.ts'
import { splitStratified } from '../../src/data/split.ts'
import { hasShared, shared } from '../shared.ts'

interface Film {
  path: string
  label: string
  patient: string | null
}

const countOf = (films: readonly Film[], label: string): number =>
  films.filter((f) => f.label === label).length
const patientsOf = (films: readonly Film[]): string[] => films.flatMap(({ patient }) => patient ?? [])
const common = (a: readonly unknown[], b: readonly unknown[]): unknown[] =>
  a.filter((item) => b.includes(item))

const share = fc.double({ min: 0.05, max: 0.95, noNaN: true })
const labels = ['covid', 'normal', 'pneumonia']

/** Films with two or more patients (or lone films) in each class; a patient has films of one class. */
const grouped = fc
  .tuple(...labels.map(() => fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 12 })))
  .map((classes) =>
    classes.flatMap((sizes, at) =>
      sizes.flatMap((size, unit) =>
        Array.from({ length: size }, (_, film) => ({
          path: `${labels[at]}/${unit}-${film}.png`,
          label: labels[at]!,
          patient: size === 1 ? null : `${at}-${unit}`,
        })),
      ),
    ),
  )

test('lone films: each class gives exactly its rounded share, at least one film on each side', () => {
  const counts = fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(counts, share, fc.integer(), (sizes, share, seed) => {
      const films = sizes.flatMap((size, at) =>
        Array.from({ length: size }, (_, film) => ({ path: `${at}/${film}`, label: `${at}`, patient: null })),
      )
      const { train, held } = splitStratified(films, { share, seed })
      expect(train.length + held.length).toBe(films.length)
      expect(common(train, held)).toEqual([])
      for (const [at, size] of sizes.entries()) {
        expect(countOf(held, `${at}`)).toBe(Math.min(size - 1, Math.max(1, Math.round(share * size))))
      }
    }),
  )
})

test('no patient is on both sides, every class is, and the shares are as near as the largest patient allows', () => {
  fc.assert(
    fc.property(grouped, share, fc.integer(), (films, share, seed) => {
      const { train, held } = splitStratified(films, { share, seed })
      expect([...train, ...held].map(({ path }) => path).sort()).toEqual(films.map(({ path }) => path).sort())
      expect(common(patientsOf(train), patientsOf(held))).toEqual([])
      for (const label of labels) {
        const [total, out] = [countOf(films, label), countOf(held, label)]
        expect(out).toBeGreaterThan(0)
        expect(out).toBeLessThan(total)
        expect(Math.abs(out - share * total)).toBeLessThanOrEqual(6) // films of the largest patient
      }
    }),
  )
})

test('the order of the films does not matter, the seed does', () => {
  fc.assert(
    fc.property(grouped, fc.integer(), fc.integer(), (films, seed, order) => {
      const other = films
        .toSorted((a, b) => ((a.path.length * order) % 7) - ((b.path.length * order) % 7))
        .reverse()
      expect(splitStratified(other, { share: 0.2, seed })).toEqual(
        splitStratified(films, { share: 0.2, seed }),
      )
    }),
  )
  const films = Array.from({ length: 40 }, (_, film) => ({
    path: `${film}`,
    label: `${film % 2}`,
    patient: null,
  }))
  const held = [1, 2, 3].map((seed) =>
    splitStratified(films, { share: 0.2, seed })
      .held.map(({ path }) => path)
      .join(),
  )
  expect(new Set(held).size).toBe(3)
})

test('over many seeds every film is held out about as often as its share says', () => {
  const films = Array.from({ length: 50 }, (_, film) => ({
    path: `${film}`,
    label: `${film % 2}`,
    patient: null,
  }))
  const times = new Map<string, number>()
  for (let seed = 0; seed < 1000; seed++) {
    for (const { path } of splitStratified(films, { share: 0.2, seed }).held)
      times.set(path, (times.get(path) ?? 0) + 1)
  }
  expect(times.size).toBe(50)
  for (const count of times.values()) expect(Math.abs(count - 200)).toBeLessThan(70) // 5.5 standard deviations
})

test('groups stay together, and join patients that they overlap', () => {
  const film = (path: string, patient: string | null) => ({ path, label: path.slice(0, 1), patient })
  const films = [
    film('a1', 'p'),
    film('a2', 'p'),
    film('a3', null),
    film('a4', null),
    film('a5', 'q'),
    film('b1', 'q'),
  ]
  films.push(film('b2', null), film('b3', null), film('b4', null))
  const groups = new Map([
    ['a2', 0],
    ['a3', 0],
    ['b2', 1],
    ['b3', 1],
  ])
  const together = [
    ['a1', 'a2', 'a3'],
    ['a5', 'b1'],
    ['b2', 'b3'],
  ]
  for (let seed = 0; seed < 50; seed++) {
    const held = splitStratified(films, { share: 0.4, seed, groups }).held.map(({ path }) => path)
    for (const paths of together) expect([0, paths.length]).toContain(common(paths, held).length)
  }
})

test('a class that only a large group can represent is still on both sides', () => {
  const films = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b1', 'b2', 'b3', 'b4', 'b5'].map((path) => ({
    path,
    label: path.slice(0, 1),
    patient: path < 'a4' ? 'p' : path < 'b' ? 'q' : null,
  }))
  for (let seed = 0; seed < 20; seed++)
    expect(countOf(splitStratified(films, { share: 0.1, seed }).held, 'a')).toBe(3)
})

describe('what cannot be split is refused in words', () => {
  const film = (path: string, patient: string | null = null) => ({ path, label: path.slice(0, 1), patient })
  const CASES: [films: Film[], share: number, message: string][] = [
    [
      [film('a1'), film('b1'), film('b2')],
      0.2,
      "ROE_SPLIT: a: class 'a' has one film only, and each side needs one; add films, or choose another share",
    ],
    [
      [film('a1'), film('a2'), film('b1', 'p'), film('b2', 'p')],
      0.2,
      "ROE_SPLIT: b: class 'b' cannot be on both sides: too few patients or groups of copies have films of it; add films, or choose another share",
    ],
    [
      [film('a1'), film('a2')],
      1,
      'ROE_OPTION: share: expected a number between 0 and 1, both excluded, received 1; see --help',
    ],
    [
      [film('a1'), film('a2')],
      Number.NaN,
      'ROE_OPTION: share: expected a number between 0 and 1, both excluded, received NaN; see --help',
    ],
  ]
  test.each(CASES)('case %#', (films, share, message) => {
    expect(() => splitStratified(films, { share, seed: 1 })).toThrow(expect.objectContaining({ message }))
  })
})

test.skipIf(!hasShared)('a fifth of seed003/train is 22 + 14 + 14 films, the same each time', async () => {
  const { films, labels } = await readLabelled(shared('seed003/train'))
  const { train, held } = splitStratified(films, { share: 0.2, seed: 1 })
  expect(labels.map((label) => countOf(held, label))).toEqual([22, 14, 14])
  expect(train).toHaveLength(201)
  expect(splitStratified(films.toReversed(), { share: 0.2, seed: 1 }).held).toEqual(held)
})
