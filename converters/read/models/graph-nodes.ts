/** The nodes of a GraphModel while tfjs runs them: which one does, for names and errors, and which are refused. */
import type { GraphModel } from '@tensorflow/tfjs-converter'
import type { Tensor } from '@tensorflow/tfjs-core'
import { problemOf, RoentgenError } from '../../../errors.ts'
import type { NodeNames } from '../../record/record.ts'

type Model = Pick<GraphModel, 'weights'>

interface Node {
  op: string
  category?: string
}

/** Kinds of nodes that tfjs only runs by waiting for values, which a recording does not have. */
const WAITING: Readonly<Record<string, string>> = {
  control: 'control flow',
  hash_table: 'a table that is looked up',
}

export interface RunningNodes {
  names: NodeNames
  /** Runs `body`, in which the model is executed. @throws ROE_LAYER_UNSUPPORTED, ROE_VALUE_UNKNOWN with the node */
  during: <T>(body: () => T) => T
}

/** tfjs tells of no node that it runs: it asks each for its category, once, before it runs it. */
export function watchNodes(model: Model): RunningNodes {
  const { nodes } = (model as unknown as { executor: { graph: { nodes: Record<string, Node> } } }).executor
    .graph
  const refusals = new Map<string, RoentgenError>()
  let running: string | undefined
  for (const [name, node] of Object.entries(nodes)) {
    const { op, category } = node
    const refusal = refusalOf(name, op, category)
    if (refusal !== undefined) refusals.set(name, refusal)
    const start = (): string | undefined => {
      running = name
      // Started, it would fail later, when nobody waits for it.
      if (refusal !== undefined) throw refusal
      return category
    }
    Object.defineProperty(node, 'category', { get: start })
  }
  const during = <T>(body: () => T): T => {
    running = undefined
    try {
      const result = body()
      running = undefined
      return result
    } catch (error) {
      throw explained(error, running, refusals)
    }
  }
  return { names: { weights: weightsOf(model), running: () => running }, during }
}

const weightsOf = ({ weights }: Model): Map<string, Tensor> =>
  new Map(
    Object.entries(weights).flatMap(([name, [tensor]]) => (tensor === undefined ? [] : [[name, tensor]])),
  )

const refusalOf = (name: string, op: string, category = ''): RoentgenError | undefined => {
  const kind = WAITING[category]
  return kind === undefined ? undefined : unsupported(name, `operation '${op}' (${kind})`)
}

const unsupported = (name: string, what: string, cause?: unknown): RoentgenError =>
  new RoentgenError('ROE_LAYER_UNSUPPORTED', { where: `node '${name}'`, what }, { cause })

/** tfjs's words for an operation whose result's shape depends on values. */
const DYNAMIC = /contains the node '(.+?)', which has the dynamic op '(.+?)'/
/** tfjs's words for an operation that it does not have. */
const UNKNOWN = /^Unknown op '(.+?)'/

function explained(
  error: unknown,
  running: string | undefined,
  refusals: ReadonlyMap<string, RoentgenError>,
): unknown {
  const words = problemOf(error)
  const op = UNKNOWN.exec(words)?.[1]
  if (op !== undefined && running !== undefined)
    return unsupported(running, `operation '${op}', which tfjs does not have,`, error)
  const [, where, operation] = DYNAMIC.exec(words) ?? []
  if (where === undefined || operation === undefined) return error
  return (
    refusals.get(where) ??
    new RoentgenError('ROE_VALUE_UNKNOWN', { where: `node '${where}'`, operation }, { cause: error })
  )
}
