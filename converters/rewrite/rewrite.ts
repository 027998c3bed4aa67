/** Runs the rules to their end. One list both exists and runs; each rule sweeps the whole graph, which is checked
 *  after every sweep that changed it. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { RoentgenError } from '../../errors.ts'
import { checkGraph } from '../graph/check.ts'
import { type Graph, graphText, typeText } from '../graph/graph.ts'
import { renameOutputs } from '../graph/outputs.ts'
import { cancelTransposes } from './cancel-transposes.ts'
import { dropDeadNodes } from './drop-dead-nodes.ts'
import { dropNoOps } from './drop-no-ops.ts'
import { flattenByWeights } from './flatten-by-weights.ts'
import { foldBatchNorm } from './fold-batch-norm.ts'
import { foldConstants } from './fold-constants.ts'
import { foldGrey } from './fold-grey.ts'
import { fuseConvBias } from './fuse-conv-bias.ts'
import { globalAveragePool } from './global-average-pool.ts'
import { hardSigmoid } from './hard-sigmoid.ts'
import { hardSwish } from './hard-swish.ts'
import { joinRows } from './join-rows.ts'
import { keepPads } from './keep-pads.ts'
import { logSoftmax } from './log-softmax.ts'
import { mergeBounds } from './merge-bounds.ts'
import { mergeReshapes } from './merge-reshapes.ts'
import { openNchw } from './open-nchw.ts'
import { reshapeTransposes } from './reshape-transposes.ts'
import { countReaders, Rewriting, type Rule } from './rule.ts'
import { shareConstants } from './share-constants.ts'
import { shareNodes } from './share-nodes.ts'
import { sinkTransposes } from './sink-transposes.ts'

/** In the order in which they are tried. Sinking comes before cancelling: the pair that `open-nchw` sets must part.
 *  Reshaping comes behind both, and in the same round: what sinking adds must not sink itself. */
export const RULES: readonly Rule[] = [
  sinkTransposes,
  cancelTransposes,
  reshapeTransposes,
  flattenByWeights,
  mergeReshapes,
  foldGrey,
  joinRows,
  dropNoOps,
  keepPads,
  foldBatchNorm,
  fuseConvBias,
  mergeBounds,
  hardSigmoid,
  hardSwish,
  logSoftmax,
  globalAveragePool,
]

/** What is done to the whole graph at once. */
interface Pass {
  name: string
  describe: string
  apply: (graph: Graph) => Graph | Promise<Graph>
}

/** Before the rules, in this order. */
const FIRST: readonly Pass[] = [
  {
    name: 'drop-dead-nodes',
    describe: 'a node or a constant that no output needs -> nothing',
    apply: dropDeadNodes,
  },
  { name: 'fold-constants', describe: 'op(constants) -> a constant', apply: foldConstants },
  {
    name: 'open-nchw',
    describe: 'x: [N,H,W,C] -> Transpose(Transpose(x, [0,3,1,2]), [0,2,3,1]), where something reads NCHW',
    apply: openNchw,
  },
]

/** Behind each round of the rules: what they write alike for two nodes may be one again to the next round. */
const BETWEEN: readonly Pass[] = [
  {
    name: 'share-constants',
    describe: 'constants of one type, shape and content -> one',
    apply: shareConstants,
  },
  { name: 'share-nodes', describe: 'op(x) and op(x) -> one', apply: shareNodes },
]

/** Rounds over all rules; each round must change something, and a Transpose sinks through the graph in one. */
const MAX_ROUNDS = 50

/** @param onStep  hears of each graph on the way, and of what made it
 *  @returns the same function with the layout NCHW throughout and without needless nodes
 *  @throws ROE_GRAPH_INVALID naming the rule that broke the graph */
export async function rewrite(
  graph: Graph,
  rules: readonly Rule[] = RULES,
  onStep: OnStep = () => {},
): Promise<Graph> {
  let current = await applyPasses(graph, FIRST, onStep)
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = current
    current = await applyPasses(applyRules(current, rules, onStep), BETWEEN, onStep)
    if (current === before) return named(current, graph.outputs)
  }
  throw new assert.AssertionError({
    message: `the rules ${rules.map(({ name }) => name)} do not come to an end`,
  })
}

type OnStep = (by: string, graph: Graph) => void

async function applyPasses(graph: Graph, passes: readonly Pass[], onStep: OnStep): Promise<Graph> {
  let current = graph
  for (const pass of passes) {
    const before = current
    current = await pass.apply(before)
    if (current === before) continue
    checkGraph(current, pass.name)
    onStep(pass.name, current)
  }
  return current
}

/** A sweep of each rule. */
function applyRules(graph: Graph, rules: readonly Rule[], onStep: OnStep): Graph {
  let current = graph
  for (const rule of rules) {
    const changed = applyRule(current, rule)
    if (changed !== current) onStep(rule.name, changed)
    current = changed
  }
  return current
}

/** Rules replace outputs like any other value; the names that users see come back at the end. */
function named(graph: Graph, outputs: readonly string[]): Graph {
  const renamed = renameOutputs(graph, outputs)
  checkGraph(renamed, 'naming the outputs')
  return renamed
}

/** One sweep of one rule; the same graph when it did not fire.
 *  @throws ROE_GRAPH_INVALID naming the rule when it breaks the graph */
export function applyRule(graph: Graph, rule: Rule): Graph {
  try {
    return sweep(graph, rule)
  } catch (error) {
    if (!(error instanceof assert.AssertionError)) throw error
    const data = { where: `after ${rule.name}`, problem: error.message }
    throw new RoentgenError('ROE_GRAPH_INVALID', data, { cause: graphText(graph) })
  }
}

function sweep(graph: Graph, rule: Rule): Graph {
  const to = new Rewriting(countReaders(graph))
  const renamed = new Map<string, string>()
  const now = (value: string): string => renamed.get(value) ?? value
  to.draft.reserve(graph.nodes.map(({ name }) => name))
  for (const name of graph.inputs) to.draft.input(name, graph.types.get(name)!)
  for (const [name, constant] of graph.constants) to.draft.constant(name, constant)
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map(now) }
    // A rule replaces one value; a node that writes several (TopK) stays.
    const outcome = node.outputs.length > 1 ? undefined : rule.apply(node, to)
    if (outcome === undefined || 'refused' in outcome) {
      to.append(node)
      continue
    }
    const [before, after] = [graph.types.get(original.outputs[0]!)!, to.typeOf(outcome.value)]
    assert(
      isDeepStrictEqual(before, after),
      `'${node.name}' was ${typeText(before)} and became ${typeText(after)}`,
    )
    renamed.set(original.outputs[0]!, outcome.value)
  }
  if (renamed.size === 0) return graph
  to.draft.outputs = graph.outputs.map(now)
  const changed = dropDeadNodes(to.draft.freeze())
  checkGraph(changed, rule.name)
  return changed
}
