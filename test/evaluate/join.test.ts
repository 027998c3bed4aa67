import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinByPath } from '../../src/evaluate/join.ts'

const joined = (scores: string[], labels: string[], file = 'labels.csv') => {
  const { pairs, byEnding: _, ...rest } = joinByPath(scores, labels, file)
  return { pairs: pairs.map(({ score, label }) => [scores[score], labels[label]]), ...rest }
}

describe('paths agree', () => {
  for (const [name, score, label, file] of [
    ['as written', 'films/a.png', 'films/a.png', 'labels.csv'],
    ['however they are spelt', './films//x/../a.png', 'films/a.png', 'labels.csv'],
    ['with the slashes of Windows', 'films\\a.png', 'films/a.png', 'labels.csv'],
    ["from the labels' own folder", 'data/films/a.png', 'films/a.png', 'data/labels.csv'],
    ['as the same place, by another way', 'data/films/a.png', '../films/a.png', 'data/lists/labels.csv'],
    ['where the label is the end of the score', '/mnt/films/covid/a.png', 'covid/a.png', 'labels.csv'],
    ['where the score is the end of the label', 'covid/a.png', '/elsewhere/films/covid/a.png', 'labels.csv'],
    ['by a bare name that is there once', 'films/covid/a.png', 'a.png', 'labels.csv'],
  ] as const)
    test(name, () => {
      expect(joined([score], [label], file)).toEqual({
        pairs: [[score, label]],
        withoutScore: [],
        withoutLabel: [],
      })
    })
})

test('an end is made of whole names', () => {
  expect(joined(['films/aa.png'], ['a.png'])).toEqual({
    pairs: [],
    withoutScore: ['a.png'],
    withoutLabel: ['films/aa.png'],
  })
})

test('what agrees as written is not asked for its end: a path and its own end are two films', () => {
  expect(joined(['b/a.png', 'a.png'], ['a.png', 'x/b/a.png']).pairs).toEqual([
    ['b/a.png', 'x/b/a.png'],
    ['a.png', 'a.png'],
  ])
})

test('films without the other are listed, in order', () => {
  expect(joined(['1.png', '2.png', '3.png'], ['9.png', '2.png'])).toEqual({
    pairs: [['2.png', '2.png']],
    withoutScore: ['9.png'],
    withoutLabel: ['1.png', '3.png'],
  })
})

test('a name that may be several films is an error that names them', () => {
  expect(() => joined(['covid/01.png', 'normal/01.png'], ['01.png'])).toThrow(
    'ROE_MANIFEST: labels.csv: the path 01.png may be any of covid/01.png, normal/01.png; write longer paths',
  )
  expect(() => joined(['01.png'], ['covid/01.png', 'normal/01.png'])).toThrow(
    /the path 01\.png may be any of covid\/01\.png, normal\/01\.png/,
  )
})

test('a root that most films share goes before a name that one film happens to have', () => {
  const { pairs } = joined(['/data/b.png', '/data/a/b.png', '/data/c.png'], ['b.png', 'a/b.png', 'c.png'])
  expect(pairs).toEqual([
    ['/data/b.png', 'b.png'],
    ['/data/a/b.png', 'a/b.png'],
    ['/data/c.png', 'c.png'],
  ])
})

test('films that no common root joins are told apart, since one may be missing', () => {
  const { byEnding } = joinByPath(
    ['x/a.png', 'x/b.png', 'y/c.png'],
    ['a.png', 'b.png', 'c.png'],
    'labels.csv',
  )
  expect(byEnding).toEqual([{ score: 2, label: 2 }])
})

test('any films under any other root find themselves', () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 12 }), (paths) => {
      const far = paths.map((film) => `/root/of/${film}`)
      for (const [scores, labels] of [
        [far, paths],
        [paths, far],
      ] as const) {
        const found = joinByPath(scores, labels, '/elsewhere/labels.csv')
        expect(found.pairs).toEqual(paths.map((_, i) => ({ score: i, label: i })))
        expect([...found.withoutScore, ...found.withoutLabel, ...found.byEnding]).toEqual([])
      }
    }),
  )
})
