import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { areaOf } from '../../src/evaluate/auc.ts'
import { evaluateFindings } from '../../src/evaluate/findings.ts'
import type { FindingsFilm, FindingsInput } from '../../src/evaluate/findings-evaluation.ts'
import { wilson } from '../../src/evaluate/intervals.ts'
import { textOf, writeEvaluation } from '../../src/evaluate/write.ts'

/** Each film: what is known of Effusion and of Mass (null: nothing), and their probabilities. */
const FILMS: [effusion: 0 | 1 | null, mass: 0 | 1 | null, p: number, q: number][] = [
  [1, 0, 0.9, 0.1],
  [1, null, 0.4, 0.8],
  [0, 1, 0.6, 0.7],
  [0, 0, 0.2, 0.3],
  [0, 0, 0.1, 0.2],
  [null, 1, 0.7, 0.2],
]

const rows: FindingsFilm[] = FILMS.map(([effusion, mass, p, q], i) => ({
  path: `film${i}.png`,
  findings: {
    ...(effusion === null ? {} : { Effusion: effusion }),
    ...(mass === null ? {} : { Mass: mass }),
  },
  probabilities: [p, q],
  patient: null,
}))

const input = (given: Partial<FindingsInput> = {}): FindingsInput => ({
  about: { model: null, scores: null, data: 'films.csv', splits: {}, notes: [] },
  labels: ['Effusion', 'Mass'],
  thresholds: [0.5, 0.5],
  rows,
  failed: [],
  copies: new Map(),
  ...given,
})

describe('figures of several labels a film', () => {
  it('are of each label by itself, over the films of which it is known', () => {
    const { all, meanAuc, films, warnings } = evaluateFindings(input())
    expect(films).toBe(6)
    expect(all[0]).toMatchObject({
      ...{ label: 'Effusion', known: 5, positives: 2, threshold: 0.5 },
      counts: { truePositive: 1, falseNegative: 1, falsePositive: 1, trueNegative: 2 },
      sensitivity: { value: 1 / 2, count: 1, of: 2, interval: wilson(1, 2) },
      specificity: { value: 2 / 3, count: 2, of: 3 },
      // Of six pairs of a film with and one without, five are in the right order.
      auc: areaOf([0.9, 0.4, 0.6, 0.2, 0.1], [true, true, false, false, false]),
    })
    expect(all[0]!.auc!.value).toBeCloseTo(5 / 6, 12)
    expect(all[1]).toMatchObject({
      ...{ known: 5, positives: 2 },
      counts: { truePositive: 1, falseNegative: 1, falsePositive: 0, trueNegative: 3 },
    })
    expect(meanAuc).toBeCloseTo((all[0]!.auc!.value + all[1]!.auc!.value) / 2, 12)
    const codes = warnings.map(({ code }) => code)
    expect(codes).toEqual([
      ...['few-films', 'few-films', 'unknown-labels', 'no-patients', 'borders', 'research-only'],
    ])
    expect(warnings[2]!.text).toMatch(/^2 of 12 labels of films are unknown/)
  })

  it('take the threshold of each label, as score takes it', () => {
    const { all } = evaluateFindings(input({ thresholds: [0.4, 0.7] }))
    expect(all[0]!.counts).toMatchObject({ truePositive: 2, falsePositive: 1 })
    expect(all[1]!.counts).toMatchObject({ truePositive: 1, falsePositive: 0 })
    expect(all.map(({ threshold }) => threshold)).toEqual([0.4, 0.7])
  })

  it('are unknown where no film has a label, and never 0', () => {
    const without = rows.filter(({ findings }) => findings.Mass !== 1)
    const evaluation = evaluateFindings(input({ rows: without }))
    expect(evaluation.all[1]).toMatchObject({ positives: 0, auc: null, sensitivity: { value: null } })
    expect(evaluation.meanAuc).toBeNull()
    expect(textOf(evaluation)).toMatch(/^Mass +3 +0 +unknown +0.5 +unknown /m)
    expect(textOf(evaluation)).toContain('mean AUC: unknown, not each label has one')
  })

  it('are given again without films that were trained on', () => {
    const { withoutCopies, copies } = evaluateFindings(
      input({ copies: new Map([['film0.png', ['train/a.png']]]) }),
    )
    expect(copies).toEqual([{ path: 'film0.png', trainPaths: ['train/a.png'] }])
    expect(withoutCopies!.map(({ known, positives }) => [known, positives])).toEqual([
      [4, 1],
      [4, 2],
    ])
  })

  it('of folds have the mean and the deviation of their areas, unknown where a fold has none', () => {
    const folds = [rows.slice(0, 4), [rows[0]!, rows[4]!, rows[2]!]]
    const evaluation = evaluateFindings(input({ rows: folds.flat(), folds }))
    const [effusion] = evaluation.folds!.labels
    expect(effusion!.auc).toEqual([3 / 4, 1])
    expect(effusion!.mean).toBe(7 / 8)
    expect(effusion!.sd).toBeCloseTo(Math.sqrt(2 * (1 / 8) ** 2), 12)
    expect(textOf(evaluation)).toContain('Effusion  0.8750 ± 0.1768  0.7500 1.0000')
    const lacking = evaluateFindings(input({ folds: [rows.slice(0, 2), rows.slice(2)] }))
    expect(lacking.folds!.labels[0]).toMatchObject({ auc: [null, null], mean: null, sd: null })
  })

  it('are refused where no film has a score', () => {
    const failed = [{ path: 'a.png', actual: 'Mass', code: 'ROE_FILM_FORMAT', reason: 'it is none' }]
    expect(() => evaluateFindings(input({ rows: [], failed }))).toThrow(
      /^ROE_EVALUATION: films.csv: all 1 films failed/,
    )
  })

  it('are a report without a confusion matrix', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roentgen-findings-report-'))
    const evaluation = evaluateFindings(input())
    await writeEvaluation(folder, evaluation)
    expect(readdirSync(folder).sort()).toEqual([
      ...['evaluation.json', 'evaluation.png', 'evaluation.svg', 'evaluation.txt', 'index.html'],
    ])
    expect(JSON.parse(readFileSync(join(folder, 'evaluation.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(evaluation)),
    )
    const page = readFileSync(join(folder, 'index.html'), 'utf8')
    expect(page).toContain('<td>Effusion</td>')
    expect(page + readFileSync(join(folder, 'evaluation.txt'), 'utf8')).not.toContain('confusion')
    rmSync(folder, { recursive: true })
  })
})
