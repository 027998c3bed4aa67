/** Random graphs compute the same before and after each rule alone, after each step of the whole rewriting, and at its end.
 *  What is counted at the end is that every rule fired, and looked closer and did not: a rule that never met its pattern
 *  would have been proven by nothing. */
import type * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Graph, graphText } from '../../../converters/graph/graph.ts'
import { dropDeadNodes } from '../../../converters/rewrite/drop-dead-nodes.ts'
import { foldConstants } from '../../../converters/rewrite/fold-constants.ts'
import { openNchw } from '../../../converters/rewrite/open-nchw.ts'
import { RULES, rewrite } from '../../../converters/rewrite/rewrite.ts'
import { shareConstants } from '../../../converters/rewrite/share-constants.ts'
import { shareNodes } from '../../../converters/rewrite/share-nodes.ts'
import { type Output, open, randomInputs, runGraph } from '../harness.ts'
import { ops, sweep } from './graphs.ts'
import { randomGraphs } from './random-graphs.ts'

const PASSES: Readonly<Record<string, (graph: Graph) => Graph | Promise<Graph>>> = {
  dropDeadNodes,
  foldConstants,
  openNchw,
  shareConstants,
  shareNodes,
}

/** Sums in another order differ by this share of the largest value on the way. */
const TOLERANCE = 1e-5

interface Reference {
  feeds: tf.Tensor[][]
  outputs: Output[][]
  tolerance: number
}

/** Runs the graph as it was drawn, every value of it, at batches 1 and 3. */
async function reference(graph: Graph): Promise<Reference | undefined> {
  const shape = graph.types.get('x')!.shape.slice(1) as number[]
  const feeds = [1, 3].map((batch) => randomInputs([open(shape)], batch))
  const values = graph.nodes.flatMap(({ outputs }) => outputs)
  const runs = await runGraph(graph, feeds, values, 'disabled')
  const all = runs.flat().flatMap(({ data }) => data)
  // What overflows, or was divided by 0, cannot be compared.
  if (!all.every(Number.isFinite)) return undefined
  const outputs = runs.map((run) => graph.outputs.map((name) => run[values.indexOf(name)]!))
  return { feeds, outputs, tolerance: TOLERANCE * all.reduce((a, b) => Math.max(a, Math.abs(b)), 1) }
}

async function expectSame(
  { feeds, outputs, tolerance }: Reference,
  before: Graph,
  after: Graph,
  what: string,
) {
  const results = await runGraph(after, feeds, after.outputs, 'disabled')
  const differences = outputs.flatMap((run, i) =>
    run.map(({ shape, data }, k) => {
      const actual = results[i]![k]!
      expect(actual.shape, what).toEqual(shape)
      return data.reduce((most, value, j) => Math.max(most, Math.abs(value - actual.data[j]!)), 0)
    }),
  )
  const worst = Math.max(...differences)
  // NaN is within no tolerance.
  if (worst <= tolerance) return
  expect.fail(`${what}: differs by ${worst}\n${graphText(before)}\n->\n${graphText(after)}`)
}

const counts = new Map<string, { fired: number; refused: number }>()
const count = (name: string): { fired: number; refused: number } => {
  const known = counts.get(name) ?? { fired: 0, refused: 0 }
  counts.set(name, known)
  return known
}

/** Each rule alone, then all of them in their order, each on what the one before left. */
async function expectRulesKeep(graph: Graph): Promise<void> {
  const known = await reference(graph)
  if (known === undefined) return
  for (const [name, pass] of Object.entries(PASSES)) {
    const after = await pass(graph)
    if (ops(after).length !== ops(graph).length || after.constants.size !== graph.constants.size)
      count(name).fired++
    if (after !== graph) await expectSame(known, graph, after, name)
  }
  let chained = openNchw(await foldConstants(dropDeadNodes(graph)))
  for (const rule of RULES) {
    const alone = sweep(graph, rule)
    count(rule.name).fired += alone.fired.length
    count(rule.name).refused += alone.refused.length
    if (alone.fired.length > 0) await expectSame(known, graph, alone.after, rule.name)
    const next = sweep(chained, rule)
    if (next.fired.length > 0) await expectSame(known, chained, next.after, `${rule.name} behind others`)
    chained = next.after
  }
  const whole = await rewrite(graph)
  expect(whole.outputs).toEqual(graph.outputs)
  await expectSame(known, graph, whole, 'all rules')
  expect(await foldConstants(whole)).toBe(whole)
}

/** In `npm run test:full`, which draws a new seed, ten times as many. */
const RUNS = process.env.FC_SEED === 'random' ? 2000 : 200

test('random graphs compute the same before and after each rule', { timeout: 1_800_000 }, async () => {
  await fc.assert(fc.asyncProperty(randomGraphs, expectRulesKeep), { numRuns: RUNS })
  const names = [...RULES.map(({ name }) => name), ...Object.keys(PASSES)]
  const text = names.map((name) => `${name} ${count(name).fired}/${count(name).refused}`)
  console.info(`${RUNS} graphs; fired/left alone for a reason: ${text.join(', ')}`)
  const seldom = names.filter((name) => count(name).fired < RUNS / 40)
  expect(seldom, 'rules that fired in hardly any graph').toEqual([])
})
