/** Scores of a model whose labels do not exclude each other, read back: the figures are those of the model itself. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RoentgenError } from '../../errors.ts'
import { factsOf } from '../../src/data/inputs/inputs.ts'
import type { FindingsEvaluation } from '../../src/evaluate/findings-evaluation.ts'
import { evaluateAnyModel } from '../../src/evaluate/from-model.ts'
import { evaluateAnyScoreFile, evaluateScoreFile } from '../../src/evaluate/from-scores.ts'
import { textOf } from '../../src/evaluate/write.ts'
import { encodePng } from '../../src/image/encode.ts'
import type { Pixels } from '../../src/image/film.ts'
import { phantomFilm } from '../../src/image/phantom.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { headerPath } from '../../src/infer/run/files.ts'
import { scoreToFile } from '../../src/infer/score.ts'
import type { Wishes } from '../../src/infer/scoring.ts'

/** Its thresholds are 0.3, 0.5 and 0.2. */
const MODEL = fileURLToPath(new URL('../fixtures/infer/multi-label.onnx', import.meta.url))
const FILMS = 30
const CELLS = ['1', '0', '', '0.0', '-1', '1.0']

let folder = ''
const at = (name: string): string => join(folder, name)
const films: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-from-scores-'))
  mkdirSync(at('films'))
  const { labels } = await openModelFile(MODEL)
  const rows: string[] = []
  for (let i = 0; i < FILMS; i++) {
    const { film } = phantomFilm({ seed: i, positive: i % 2 === 1, size: 32 })
    const pixels = (film as Pixels).pixels.map((grey) => (grey * (1 + (i % 7))) / 7)
    const path = `films/${String(i).padStart(2, '0')}.png`
    writeFileSync(at(path), i === 4 ? 'no film' : await encodePng({ ...(film as Pixels), pixels }))
    films.push(at(path))
    const cells = labels.map((_, label) => CELLS[(i + label * (1 + Math.floor(i / 6))) % CELLS.length])
    rows.push([path, ...cells, `p${i >> 1}`, 'test'].join(','))
  }
  // In another order than the scores.
  const table = rows.toReversed().join('\n')
  writeFileSync(at('labels.csv'), `path,${labels.join(',')},patient,split\n${table}\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function scored(name: string, wishes: Wishes = {}): Promise<string> {
  const models = [await openModelFile(MODEL)]
  await scoreToFile({ models, films, out: at(name), inputs: factsOf(films), found: 'restart', wishes })
  return at(name)
}

const byScores = async (scores: string): Promise<FindingsEvaluation> => {
  const evaluation = await evaluateAnyScoreFile({ scores, labels: at('labels.csv') })
  expect('kind' in evaluation).toBe(true)
  return evaluation as FindingsEvaluation
}

describe('scores of several labels a film', () => {
  for (const extension of ['csv', 'jsonl', 'parquet'])
    it(`as ${extension} have the figures of the model on the same films, to the last digit`, async () => {
      const ofScores = await byScores(await scored(`scores.${extension}`))
      const ofModel = (await evaluateAnyModel({ model: MODEL, data: at('labels.csv') })) as FindingsEvaluation
      const figures = ({ all, meanAuc, films, patients, labels, failed, about }: FindingsEvaluation) => ({
        ...{ all, meanAuc, films, patients, labels, failed, splits: about.splits },
      })
      expect(figures(ofScores)).toEqual(figures(ofModel))
      expect(ofScores.all.map(({ threshold }) => threshold)).toEqual([0.3, 0.5, 0.2])
      expect(ofScores.all.every(({ auc }) => auc !== null)).toBe(true)
      expect(ofScores.failed.map(({ path }) => path)).toEqual([films[4]])
      expect(ofScores.warnings.map(({ code }) => code)).toContain('copies-unknown')
    })

  it('take the thresholds that they were scored with', async () => {
    const scores = await scored('other.csv', { thresholds: { all: 0.4 } })
    expect((await byScores(scores)).all.map(({ threshold }) => threshold)).toEqual([0.4, 0.4, 0.4])
  })

  it('without the header beside them are refused where their labels are of unknown thresholds', async () => {
    const scores = await scored('lost.csv')
    renameSync(headerPath(scores), at('elsewhere.json'))
    await expect(byScores(scores)).rejects.toThrow(
      /^ROE_MANIFEST: .*lost\.csv: the labels that .*png was given are of other thresholds than 0\.5, 0\.5, 0\.5; put .*lost\.csv\.run\.json of that run/,
    )
    const usual = await scored('usual.csv', { thresholds: { all: 0.5 } })
    const before = await byScores(usual)
    renameSync(headerPath(usual), at('elsewhere.json'))
    expect(await byScores(usual)).toEqual(before)
  })

  it('name films that have a label and no score, and the reverse', async () => {
    const scores = await scored('few.csv')
    const { labels } = await openModelFile(MODEL)
    writeFileSync(
      at('few-labels.csv'),
      `path,${labels.join(',')}\nfilms/00.png,1,0,1\nfilms/01.png,0,1,0\nlost.png,1,1,1\n`,
    )
    const evaluation = await evaluateAnyScoreFile({ scores, labels: at('few-labels.csv') })
    expect(evaluation.unmatched.withoutScore).toEqual(['lost.png'])
    expect(evaluation.unmatched.withoutLabel).toHaveLength(FILMS - 2)
    expect(textOf(evaluation)).toContain('Films with a label and no score\n  lost.png')
  })

  it('with a CSV of one label a film are of classes, as before, and have no positive class else', async () => {
    const scores = await scored('classes.csv')
    const { labels } = await openModelFile(MODEL)
    writeFileSync(
      at('classes-labels.csv'),
      `path,label\n${films.map((path, i) => `${path},${labels[i % 3]}`).join('\n')}\n`,
    )
    const options = { scores, labels: at('classes-labels.csv') }
    const evaluation = await evaluateAnyScoreFile(options)
    expect('kind' in evaluation).toBe(false)
    expect(evaluation).toEqual(await evaluateScoreFile(options))
    const refused = evaluateAnyScoreFile({ scores, labels: at('labels.csv'), positive: labels[0]! })
    await expect(refused).rejects.toThrow(RoentgenError)
    await expect(refused).rejects.toThrow(/^ROE_OPTION: --positive: expected nothing, since each label/)
  })
})
