/** Small graphs written by hand, and what a rule did with them. */
import * as tf from '@tensorflow/tfjs-core'
import { checkGraph } from '../../../converters/graph/check.ts'
import { Draft } from '../../../converters/graph/draft.ts'
import type { Constant, Graph, Shape } from '../../../converters/graph/graph.ts'
import { applyRule } from '../../../converters/rewrite/rewrite.ts'
import type { Rule } from '../../../converters/rewrite/rule.ts'
import { expectClose, open, randomInputs, runGraph, type TestInput } from '../harness.ts'

type Build = (to: Draft, x: string) => string | string[]

/** A graph with the input `x` of the shape [N, ...film]. */
export const graphOf = (film: readonly number[], build: Build): Graph => write(['N', ...film], build)

/** A graph with the input `x` of this shape. */
export const fixedGraphOf = (shape: readonly number[], build: Build): Graph => write(shape, build)

function write(shape: Shape, build: Build): Graph {
  const to = new Draft()
  const x = to.input('x', { dtype: 'float32', shape })
  to.outputs = [build(to, x)].flat()
  const graph = to.freeze()
  checkGraph(graph, 'writing it by hand')
  return graph
}

/** A float constant of small different numbers, the least of them `from`. */
export const constantOf = (shape: readonly number[], from = -1): Constant => {
  const length = shape.reduce((product, size) => product * size, 1)
  const data = Float32Array.from({ length }, (_, i) => ((i * 37) % 17) / 8 + from)
  return { dtype: 'float32', shape, data }
}

const inputsOf = (graph: Graph): TestInput[] =>
  graph.inputs.map((name) => {
    const shape = graph.types.get(name)!.shape.map((dim) => (typeof dim === 'number' ? dim : null))
    return { ...open([], {}, name), shape }
  })

/** Both graphs give the same: at batches 1 and 3, where the batch is open. */
export async function expectSameNumbers(before: Graph, after: Graph): Promise<void> {
  const feeds = [1, 3].map((batch) => randomInputs(inputsOf(before), batch))
  const [expected, actual] = [await runGraph(before, feeds), await runGraph(after, feeds)]
  expected.forEach((outputs, run) => {
    outputs.forEach((output, i) => {
      expectClose(actual[run]![i]!, output, `after the rule, output ${i}`)
    })
  })
  tf.dispose(feeds)
}

/** One sweep of a rule, with the reasons that it gave for leaving nodes alone. */
export function sweep(graph: Graph, rule: Rule): { after: Graph; fired: string[]; refused: string[] } {
  const fired: string[] = []
  const refused: string[] = []
  const spy: Rule = {
    ...rule,
    apply(node, to) {
      const outcome = rule.apply(node, to)
      if (outcome !== undefined) 'value' in outcome ? fired.push(node.name) : refused.push(outcome.refused)
      return outcome
    },
  }
  return { after: applyRule(graph, spy), fired, refused }
}

export const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op)
