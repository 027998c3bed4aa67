import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findingLabels, knownText, readFindings, requireBoth, saysFindings } from '../../src/data/findings.ts'
import { drawFolds } from '../../src/data/folds.ts'
import { type Findings, trainingPart } from '../../src/data/labelled.ts'
import { splitStratified } from '../../src/data/split.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-findings-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function csv(text: string): string {
  const path = join(folder, 'films.csv')
  writeFileSync(path, text)
  return path
}
const read = (text: string, labels = ['Effusion', 'Mass']) => readFindings(csv(text), labels)

const CELLS: [cell: string, known: 0 | 1 | undefined][] = [
  ['1', 1],
  ['1.0', 1],
  ['0', 0],
  ['0.0', 0],
  ['', undefined],
  ['-1', undefined],
  ['-1.0', undefined],
  ["'-1", undefined],
]

describe('a CSV with a column for each label', () => {
  it.each(CELLS)('says by %j: %s', async (cell, known) => {
    const { films } = await read(`path,Effusion,Mass\na.png,${cell},1\n`)
    expect(films[0]!.findings).toEqual(known === undefined ? { Mass: 1 } : { Effusion: known, Mass: 1 })
  })

  it('knows patients and splits, passes over other columns, and keeps the order of the labels', async () => {
    const text = 'Mass,path,note,patient,Effusion,split\n1,a.png,x,p1,1,train\n0,sub/b.png,y,,,\n'
    const { films, labels, notes } = await read(text)
    expect(labels).toEqual(['Effusion', 'Mass'])
    expect(films).toEqual([
      {
        ...{ path: join(folder, 'a.png'), label: 'Effusion|Mass', findings: { Effusion: 1, Mass: 1 } },
        ...{ patient: 'p1', split: 'train' },
      },
      {
        ...{ path: join(folder, 'sub', 'b.png'), label: '', findings: { Mass: 0 } },
        ...{ patient: null, split: null },
      },
    ])
    expect(Object.keys(films[0]!.findings!)).toEqual(['Effusion', 'Mass'])
    expect(notes).toEqual([])
    expect(knownText({ films, labels })).toBe('Effusion 1 of 1 known, Mass 1 of 2 known')
  })

  it('leaves out films of which nothing is known, and says how many', async () => {
    const { films, notes } = await read('path,Effusion,Mass\na.png,,-1\nb.png,1,\n')
    expect(films.map(({ label }) => label)).toEqual(['Effusion'])
    expect(notes).toEqual(['left out, nothing is known of them: 1 films'])
  })

  const REFUSED: [what: string, text: string, RegExp][] = [
    [
      'another cell',
      'path,Effusion,Mass\na.png,1,0\nb.png,1,maybe\n',
      /^ROE_MANIFEST: .*films.csv, line 3: the column 'Mass' says 'maybe'; write 1 \(has it\), 0 \(has it not\), or nothing or -1/,
    ],
    ['a cell with a space', 'path,Effusion,Mass\na.png, 1,0\n', /line 2: the column 'Effusion' says ' 1'/],
    ['half a finding', 'path,Effusion,Mass\na.png,0.5,0\n', /the column 'Effusion' says '0.5'/],
    ['a label without a column', 'path,Effusion\na.png,1\n', /it needs the column 'Mass'/],
    ['no path', 'path,Effusion,Mass\n,1,0\n', /line 2: the path is empty/],
    ['a film twice', 'path,Effusion,Mass\na.png,1,0\na.png,1,0\n', /already on line 2/],
    ['nothing known at all', 'path,Effusion,Mass\na.png,,\n', /^ROE_NO_FILMS: /],
  ]
  it.each(REFUSED)('is refused in one line: %s', async (_, text, line) => {
    const error = await read(text).catch((thrown) => thrown)
    expect(error.message).toMatch(line)
    expect(error.message).not.toContain('\n')
  })

  it('is the only form; a folder is refused', async () => {
    await expect(readFindings(folder, ['a', 'b'])).rejects.toThrow('come as a .csv file')
  })

  it('is told from one with a class for each film by its columns', async () => {
    const says = (text: string) => saysFindings(csv(text), ['Effusion', 'Mass'])
    expect(await says('path,Effusion,Mass\n')).toBe(true)
    expect(await says('path,label,Effusion,Mass\n')).toBe(true)
    expect(await says('path,label\n')).toBe(false)
    // Then what is missing is told.
    expect(await says('path,Effusion\n')).toBe(true)
    expect(await saysFindings(folder, ['Effusion', 'Mass'])).toBe(false)
  })

  it('names of columns are at least two, each once, and none that says something else', () => {
    expect(findingLabels('--multi-label', 'Effusion, Mass')).toEqual(['Effusion', 'Mass'])
    for (const given of ['', 'Effusion', 'Effusion,Effusion', 'Effusion,', 'Effusion,patient'])
      expect(() => findingLabels('--multi-label', given)).toThrow(/^ROE_OPTION: --multi-label: /)
  })

  it('must have films with each label and films without, among those to train on', async () => {
    const both = await read('path,Effusion,Mass,split\na.png,1,0,\nb.png,0,1,\n')
    expect(() => requireBoth(trainingPart(both))).not.toThrow()
    const tested = trainingPart(await read('path,Effusion,Mass,split\na.png,1,0,\nb.png,0,1,test\n'))
    expect(tested.labels).toEqual(['Effusion', 'Mass'])
    expect(() => requireBoth(tested)).toThrow(
      /^ROE_SPLIT: Effusion: no film to train on is known not to have it \(0\); add such films, or leave this label out/,
    )
  })
})

/** Films of patients with one to three films each, a frequent label, a rare one, and one that is often unknown. */
const films = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 60, maxLength: 120 }), fc.nat(1000))
  .map(([patients, turn]) =>
    patients.flatMap((count, patient) =>
      Array.from({ length: count }, (_, film) => {
        const findings: Findings = {
          frequent: (patient + turn) % 3 === 0 ? 0 : 1,
          rare: (patient + turn) % 12 === 0 ? 1 : 0,
          ...((patient + turn) % 4 < 2 ? { seldom: (patient + turn) % 4 === 0 ? 1 : 0 } : {}),
        }
        return { path: `${patient}-${film}`, label: '', findings, patient: `p${patient}` }
      }),
    ),
  )

const shareOf = (some: readonly { findings: Findings }[], label: string, known: 0 | 1): number =>
  some.filter(({ findings }) => findings[label] === known).length

describe('films with several labels are divided by patient, with each label in about its share', () => {
  it('into two sides', () => {
    fc.assert(
      fc.property(films, fc.integer(), (all, seed) => {
        const { train, held } = splitStratified(all, { share: 0.2, seed })
        const trained = new Set(train.map(({ patient }) => patient))
        expect(held.some(({ patient }) => trained.has(patient))).toBe(false)
        for (const label of ['frequent', 'rare', 'seldom'])
          for (const known of [0, 1] as const) {
            const wanted = 0.2 * shareOf(all, label, known)
            expect(shareOf(held, label, known)).toBeGreaterThan(0)
            // A patient has three films at most.
            expect(Math.abs(shareOf(held, label, known) - wanted)).toBeLessThanOrEqual(3.5)
          }
      }),
      { numRuns: 50 },
    )
  })

  it('into folds', () => {
    fc.assert(
      fc.property(films, fc.integer(), (all, seed) => {
        const folds = drawFolds(all, { folds: 3, seed })
        expect(folds.flat()).toHaveLength(all.length)
        const places = new Map<string, number>()
        for (const [at, fold] of folds.entries())
          for (const { patient } of fold) {
            expect(places.get(patient) ?? at).toBe(at)
            places.set(patient, at)
          }
        for (const fold of folds)
          for (const label of ['frequent', 'rare', 'seldom'])
            for (const known of [0, 1] as const) expect(shareOf(fold, label, known)).toBeGreaterThan(0)
      }),
      { numRuns: 50 },
    )
  })
})
