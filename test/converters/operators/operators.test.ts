/** Operators of TensorFlow as tfjs-converter runs them: each case as a GraphModel of its own that is saved, read, converted
 *  and compared; and random graphs of them. `FC_RUNS=…` makes as many; `FC_SEED=random` others. */
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CaseInput } from '../layers/case.ts'
import { convertFolder, samplesOf } from '../layers/models.ts'
import { FILMS, type OperatorCase } from './case.ts'
import { BATCH, GraphBuilder, type Value } from './graph-builder.ts'
import { OPERATORS, REASONS, reasonFor } from './table.ts'

/** A limit on hangs, not on speed. */
const RUN_LIMIT_MS = 3000
const RUNS = Number(process.env.FC_RUNS ?? 200)
const LISTS = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-converter/package.json')),
  'dist/operations/op_list',
)
/** A graph begins with one input and has no more outputs than this. */
const OUTPUTS = 3
/** Elements of a tensor. */
const LARGEST = 20_000

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roentgen-operators-'))
})
afterAll(() => rm(folder, { recursive: true }))

const inputOf = ({ shape, dtype }: Value): CaseInput => ({
  shape: shape.slice(1),
  dtype: dtype === 'int32' ? 'int32' : 'float32',
  from: dtype === 'int32' ? 0 : -2,
  to: dtype === 'int32' ? 256 : 2,
  isWhole: dtype === 'int32',
})

async function prove(to: GraphBuilder, outputs: readonly string[], seed: number): Promise<void> {
  const place = await mkdtemp(join(folder, 'model-'))
  await to.save(place, outputs)
  await convertFolder(place, samplesOf(to.inputs.map(inputOf), seed))
  await rm(place, { recursive: true })
}

/** tfjs-converter's own table: a file for each group. */
const GROUPS = readdirSync(LISTS).filter((name) => /^[a-z_]+\.js$/.test(name) && !name.includes('test'))

test('every operator of tfjs-converter has cases, or a reason, and nothing else has', async () => {
  const known = new Set<string>()
  for (const file of GROUPS) {
    const { json } = (await import(join(LISTS, file))) as { json: { tfOpName: string }[] }
    for (const { tfOpName } of json) {
      known.add(tfOpName)
      const reason = reasonFor(tfOpName, file.replace('.js', ''))
      expect([tfOpName, OPERATORS[tfOpName] === undefined]).toEqual([tfOpName, reason !== undefined])
    }
  }
  expect(known.size).toBe(248)
  const named = [...Object.keys(OPERATORS), ...Object.keys(REASONS.SINGLE)]
  expect(named.filter((name) => !known.has(name))).toEqual([])
  const groups = GROUPS.map((file) => file.replace('.js', ''))
  expect(Object.keys(REASONS.GROUPS).filter((group) => !groups.includes(group))).toEqual([])
})

describe.each(Object.entries(OPERATORS))('%s', (_, cases) => {
  test(`${cases.length} cases`, async () => {
    for (const { ranks, dtype, write } of cases) {
      const to = new GraphBuilder(5)
      const outputs = ranks.flatMap((rank) => write(to, to.input(FILMS[rank]!, dtype)))
      await prove(to, outputs, 5)
    }
  })
})

interface Step {
  operator: string
  draw: number
}
const randomGraphs = fc.record({
  steps: fc.array(fc.record({ operator: fc.constantFrom(...Object.keys(OPERATORS)), draw: fc.nat(1000) }), {
    minLength: 2,
    maxLength: 8,
    size: 'max',
  }),
  seed: fc.integer({ min: 1, max: 100_000 }),
})

const isFloat = ({ dtype }: Value): boolean => dtype === 'float32'
const fits = (value: Value & { isFinite: boolean }): boolean =>
  value.isFinite &&
  value.shape[0] === BATCH &&
  value.shape.every((size) => size > 0) &&
  value.shape.reduce((a, b) => a * b, 1) < LARGEST

/** Writes a step on a value that is there; where it fits none, on an input of its own.
 *  @returns the value that it reads, and those that it gives */
async function write(to: GraphBuilder, values: readonly Value[], step: Step): Promise<[Value, Value[]]> {
  const cases = OPERATORS[step.operator]!
  const one: OperatorCase = cases[step.draw % cases.length]!
  const candidates = one.isAlone
    ? []
    : values.filter((value) => one.dtype === value.dtype && one.ranks.includes(value.shape.length))
  const chosen = candidates[step.draw % Math.max(1, candidates.length)]
  if (chosen !== undefined) {
    const { mark } = to
    const given = await attempt(to, one, chosen)
    if (given !== undefined) return [chosen, given]
    to.reset(mark)
  }
  const input = to.input(FILMS[one.ranks[step.draw % one.ranks.length]!]!, one.dtype)
  return [input, await to.run([one.write(to, input)].flat())]
}

/** undefined where tfjs does not compute it: a window wider than its map, numbers beyond measure. */
async function attempt(to: GraphBuilder, one: OperatorCase, x: Value): Promise<Value[] | undefined> {
  try {
    const given = await to.run([one.write(to, x)].flat())
    return given.every(fits) ? given : undefined
  } catch {
    return undefined
  }
}

test(
  `${RUNS} random GraphModels convert and match`,
  async () => {
    const seen = { operators: new Set<string>(), models: 0, nodes: 0, outputs: 0 }
    const property = fc.asyncProperty(randomGraphs, async ({ steps, seed }) => {
      const to = new GraphBuilder(seed)
      const [made, read] = [new Set<Value>(), new Set<Value>()]
      for (const step of steps) {
        const [from, given] = await write(to, [...made].filter(isFloat), step)
        read.add(from)
        for (const value of given) made.add(value)
      }
      const outputs = [...made].filter((value) => !read.has(value)).slice(-OUTPUTS)
      await prove(
        to,
        outputs.map(({ name }) => name),
        seed,
      )
      for (const { operator } of steps) seen.operators.add(operator)
      seen.models++
      seen.nodes = Math.max(seen.nodes, to.operations.length)
      seen.outputs = Math.max(seen.outputs, outputs.length)
    })
    await fc.assert(property, { numRuns: RUNS })
    expect(seen.models).toBe(RUNS)
    expect(seen.nodes).toBeGreaterThan(20)
    expect(seen.outputs).toBe(OUTPUTS)
    expect([...seen.operators].toSorted()).toEqual(Object.keys(OPERATORS).toSorted())
  },
  RUNS * RUN_LIMIT_MS,
)
