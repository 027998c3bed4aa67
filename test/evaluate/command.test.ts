import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RoentgenError } from '../../errors.ts'
import evaluate from '../../src/cli/evaluate.ts'
import type { Evaluation } from '../../src/evaluate/evaluation.ts'
import { filmsOf, ROSEBROCK, VGG16 } from './films.ts'

let folder: string
let printed = ''
const at = (name: string): string => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-evaluate-'))
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const run = (args: Record<string, unknown>): Promise<number> =>
  evaluate.run({ _: ['evaluate'], $0: 'roentgen', json: false, ...args })

const failure = async (args: Record<string, unknown>): Promise<RoentgenError> => {
  const error = await run(args).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RoentgenError)
  return error as RoentgenError
}

function writeCsv({ labels, matrix }: typeof VGG16, moreScores = '', moreLabels = ''): void {
  const films = filmsOf(labels, matrix)
  const scores = films.map(({ path, predicted, probabilities }) =>
    [`/far/${path}`, 'ok', predicted, ...probabilities!].join(','),
  )
  const head = ['path', 'status', 'label', ...labels.map((label) => `p_${label}`)].join(',')
  writeFileSync(at('s.csv'), `${head}\n${scores.join('\n')}\n${moreScores}`)
  const truth = films.map(({ path, actual }, i) => `${path},${actual},p${i}`)
  writeFileSync(at('l.csv'), `path,label,patient\n${truth.join('\n')}\n${moreLabels}`)
}

describe('scores and labels', () => {
  test('print the report on stdout', async () => {
    writeCsv(VGG16)
    expect(await run({ scores: at('s.csv'), labels: at('l.csv') })).toBe(0)
    expect(printed).toMatch(/accuracy +0\.85 +62/)
    expect(printed).toContain('patients  62')
  })

  test('as JSON are the evaluation', async () => {
    writeCsv(ROSEBROCK)
    expect(await run({ scores: at('s.csv'), labels: at('l.csv'), json: true })).toBe(0)
    const { version, positive, all } = JSON.parse(printed) as Evaluation
    expect({ version, positive, accuracy: all.accuracy.value }).toEqual({
      version: 1,
      positive: 'covid',
      accuracy: 0.9,
    })
  })

  test('with failed and lost films end with 3, and name them with the reason of the ledger', async () => {
    writeCsv(
      ROSEBROCK,
      '/far/test/bad.png,failed,,,\n/far/test/worse.png,skipped,,,\n',
      'test/bad.png,covid,\ntest/worse.png,normal,\ntest/lost.png,covid,\n',
    )
    writeFileSync(
      at('s.csv.errors.jsonl'),
      `${JSON.stringify({ path: '/far/test/bad.png', code: 'ROE_FILM_EMPTY', reason: 'the file is empty' })}\nno json\n`,
    )
    expect(await run({ scores: at('s.csv'), labels: at('l.csv') })).toBe(3)
    expect(printed).toContain('films     10 in the figures, 2 failed')
    expect(printed).toContain('/far/test/bad.png: ROE_FILM_EMPTY: the file is empty')
    expect(printed).toContain('/far/test/worse.png: its status is skipped')
    expect(printed).toContain('Films with a label and no score\n  test/lost.png')
  })

  test('of other labels than the scores know are refused', async () => {
    writeCsv(ROSEBROCK, '/far/x.png,ok,covid,0.9,0.1\n', 'x.png,flu,\n')
    expect((await failure({ scores: at('s.csv'), labels: at('l.csv') })).message).toMatch(
      /ROE_LABELS_DIFFER: .*l\.csv: labels flu are unknown to the model, which knows covid, normal/,
    )
  })

  test('that share no film are an error', async () => {
    writeCsv(ROSEBROCK)
    writeFileSync(at('l.csv'), 'path,label\nother/1.png,covid\nother/2.png,normal\n')
    expect((await failure({ scores: at('s.csv'), labels: at('l.csv') })).code).toBe('ROE_EVALUATION')
  })

  test('give a report folder, twice the same bytes', async () => {
    writeCsv(VGG16)
    const files = ['evaluation.json', 'evaluation.png', 'evaluation.svg', 'evaluation.txt', 'index.html']
    for (const out of ['one', 'two'])
      expect(await run({ scores: at('s.csv'), labels: at('l.csv'), out: at(out) })).toBe(0)
    expect(readdirSync(at('one')).sort()).toEqual(files)
    for (const file of files)
      expect(readFileSync(join(at('one'), file)).equals(readFileSync(join(at('two'), file)))).toBe(true)
    expect(
      readFileSync(join(at('one'), 'evaluation.txt'), 'utf8') +
        readFileSync(join(at('one'), 'evaluation.txt'), 'utf8'),
    ).toBe(printed)
    expect(readFileSync(join(at('one'), 'index.html'), 'utf8')).toContain(
      'Research use only, not for diagnosis.',
    )
  })
})

describe('the two ways are not mixed, and not halved', () => {
  for (const args of [
    {},
    { model: 'm' },
    { data: 'd' },
    { scores: 's' },
    { labels: 'l' },
    { model: 'm', labels: 'l' },
    { model: 'm', data: 'd', scores: 's' },
    { model: 'm', data: 'd', scores: 's', labels: 'l' },
  ])
    test(`${Object.keys(args).join(', ') || 'nothing'} is wrong usage`, async () => {
      const error = await failure(args)
      expect([error.code, error.exit]).toEqual(['ROE_USAGE', 2])
    })
})
