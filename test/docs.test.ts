/** What the documents promise of the code: every table row is named, every path and code exists, every link leads
 *  somewhere, and every line of the five published systems stands in docs/seeds.md once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { IN_FLOAT32, KERNELS, OPERATORS, RULES } from '../converters/index.ts'
import type { KernelRow } from '../converters/record/kernels/index.ts'
import { ERRORS } from '../errors.ts'
import { BACKBONES, HEADS, SCALINGS } from '../models/index.ts'
import { COMMANDS } from '../src/cli/commands.ts'
import { ROW_FORMATS } from '../src/data/rows/formats.ts'
import { BAR_RULES, KERNELS as RESAMPLERS } from '../src/image/film.ts'
import { FORMATS } from '../src/image/formats.ts'
import { PROVIDERS } from '../src/infer/providers.ts'
import { RECIPES } from '../src/train/recipes.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): string => readFileSync(root + path, 'utf8')
const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/backbones.md',
  'docs/bench.md',
  'docs/benchmarks.md',
  'docs/convert.md',
  'docs/coverage.md',
  'docs/dataset.md',
  'docs/explain.md',
  'docs/recipes.md',
  'docs/score.md',
  'docs/seeds.md',
  'docs/tfjs-node.md',
]

/** What stands in backticks, outside code blocks. */
const marked = (text: string): string[] =>
  [...text.replace(/```.*?```/gs, '').matchAll(/`([^`]+)`/g)].map((match) => match[1]!)

/** Row of a document's table → the names that the code has. */
const TABLES: readonly [row: string, names: readonly string[], document?: string][] = [
  ['commands', COMMANDS.map(({ name }) => name.split(' ')[0]!)],
  ['film formats, by content', FORMATS.map(({ name }) => name)],
  ['resampling kernels', RESAMPLERS],
  ['rules for black bars', BAR_RULES],
  ['recipes', Object.keys(RECIPES)],
  ['backbones', Object.keys(BACKBONES)],
  ['heads', Object.keys(HEADS)],
  ['scalings', Object.keys(SCALINGS)],
  ['output of scores', ROW_FORMATS.map(({ extension }) => extension)],
  ['providers', PROVIDERS.map(({ name }) => name)],
  ['ONNX operators in use, opsets 13 to 22', Object.keys(OPERATORS), 'docs/convert.md'],
  ['operators that stay in float32 under fp16', Object.keys(IN_FLOAT32), 'docs/convert.md'],
  ['rewrite rules', RULES.map(({ name }) => name), 'docs/convert.md'],
]

test.each(TABLES)('a table names what is in the code: %s', (row, names, document = 'README.md') => {
  const lines = read(document).split('\n')
  const line = lines.find((text) => text.startsWith(`| ${row} |`)) ?? ''
  const said = marked(line).filter((word) => !word.startsWith('--'))
  // The provider that was tried is named twice.
  expect([...new Set(said)].toSorted()).toEqual([...names].toSorted())
})

test('the README counts the kernels that the table has', () => {
  const kinds = Object.values<KernelRow>(KERNELS).map(({ kind }) => kind)
  const count = (wanted: KernelRow['kind']): number => kinds.filter((kind) => kind === wanted).length
  const words = `${count('lowered')} of ${kinds.length} become nodes, ${count('host')} are evaluated while converting, ${count('refused')} are refused`
  expect(read('README.md')).toContain(words)
})

test('docs/backbones.md has the facts of each backbone', () => {
  const rows = Object.entries(BACKBONES).map(
    ([name, { parameters, inputSize, leastSide, scaling, byOrder, weightsLicence }]) => [
      `\`${name}\``,
      parameters.top.toLocaleString('en-US'),
      parameters.trunk.toLocaleString('en-US'),
      `${inputSize}, at least ${leastSide}`,
      `\`${scaling}\``,
      byOrder === true ? 'order' : 'name',
      weightsLicence,
    ],
  )
  const said = [...read('docs/backbones.md').matchAll(/^\| (`\w+`) \| \d+ \| (.*) \|$/gm)]
  expect(said.map(([, name, facts]) => [name, ...facts!.split(' | ')])).toEqual(rows)
})

describe.each(DOCUMENTS)('%s', (document) => {
  const text = read(document)
  const folder = document.includes('/') ? 'docs/' : ''

  test('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!)
    expect(links.filter((link) => !link.includes('://') && !existsSync(root + folder + link))).toEqual([])
  })

  test('names paths that exist', () => {
    const sources = /^(src|converters|models|bench|scripts|test|docs)\/[\w./-]+$/
    const paths = marked(text).filter((word) => sources.test(word))
    expect(paths.filter((path) => !existsSync(root + path))).toEqual([])
  })

  test('names files of tests that exist in its commands', () => {
    const tests = [...text.matchAll(/\btest\/[\w/-]+\.test\.ts\b/g)].map(([path]) => path)
    expect(tests.filter((path) => !existsSync(root + path))).toEqual([])
  })

  test('names codes of the table', () => {
    const codes = [...text.matchAll(/\bROE_[A-Z_]+[A-Z]\b/g)].map(([code]) => code)
    expect(codes.filter((code) => !(code in ERRORS))).toEqual([])
  })

  test('names no place of one machine', () => {
    expect(text).not.toMatch(/(^|[\s(`"])\/(work|home|root|tmp|opt)\//)
  })
})

test('ARCHITECTURE.md has a paragraph for each folder', () => {
  const folders = readdirSync(`${root}src`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const text = read('ARCHITECTURE.md')
  expect(folders.filter(({ name }) => !text.includes(`**\`src/${name}\`**`))).toEqual([])
})

test('docs/seeds.md has each line of the five systems once', () => {
  // How many numbered lines each of S0 to S5 has.
  const counts = [8, 5, 7, 6, 7, 3]
  const expected = counts.flatMap((count, system) =>
    Array.from({ length: count }, (_, line) => `S${system}.${line + 1}`),
  )
  const rows = [...read('docs/seeds.md').matchAll(/^\| (S\d\.\d)\b/gm)].map((match) => match[1])
  expect(rows).toEqual(expected)
})
