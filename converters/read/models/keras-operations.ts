/** Operations that a Keras model calls beside its layers, put into the words of `layers/operations.ts`: TensorFlow's
 *  (`TFOpLambda`, Keras 2) and Keras 3's own. What they are called with may be constants. */
import { OPERATIONS } from '../../../layers/operations.ts'
import { type Config, type LayerEntry, nameOf, refuse } from './keras-layers.ts'

/** The last words of TensorFlow's name, or Keras 3's class in small letters; and what the operands are called. */
const SYNONYMS: Readonly<Record<string, string>> = {
  truedivide: 'divide',
  truediv: 'divide',
  div: 'divide',
  sub: 'subtract',
  mul: 'multiply',
  pow: 'power',
  abs: 'absolute',
  neg: 'negative',
  addv2: 'add',
  bias_add: 'add',
  reduce_mean: 'mean',
  reduce_sum: 'sum',
  reduce_max: 'max',
  reduce_min: 'min',
  concat: 'concatenate',
  expand_dims: 'expanddims',
  swish: 'silu',
}

/** What an operation is called with, and is no operand. */
const SETTINGS = new Set(['axis', 'keepdims', 'index'])
/** Says nothing, or nothing else than the default. */
const HARMLESS = new Set(['name', 'dtype', 'data_format', 'trainable', 'out_type'])

export type History = [layer: string, node: number, tensor: number]

/** Keras 3 says where a class is from, if not in an `.h5`; there an operation has none of the settings of a layer. */
export function isOperation({ class_name, module, config, inbound_nodes: [node] = [] }: LayerEntry): boolean {
  if (class_name === 'TFOpLambda' || class_name === 'SlicingOpLambda') return true
  if (module !== undefined) return /(^|\.)ops\./.test(module)
  const isKeras3Call = node !== undefined && node !== null && !Array.isArray(node)
  return isKeras3Call && !Array.isArray(config) && !('trainable' in config) && !('dtype' in config)
}

/** @returns the layer of ours, and the tensors of its call   @throws ROE_LAYER_UNSUPPORTED */
export function translateOperation(entry: LayerEntry): { layer: LayerEntry; tensors: History[] } {
  const name = nameOf(entry)
  const called = String(entry.config.function ?? entry.class_name)
  const short = (called.split('.').at(-1) ?? '').toLowerCase()
  const operation = SYNONYMS[short] ?? short
  const nodes = entry.inbound_nodes ?? []
  if (!Object.hasOwn(OPERATIONS, operation)) refuse(name, `operation '${called}'`)
  if (nodes.length !== 1) refuse(name, `operation '${called}', called several times,`)
  const { operands, settings } = isKeras2(entry) ? ofKeras2(nodes[0]) : ofKeras3(entry, nodes[0])
  const { index, ...words } = settings
  const tensors: History[] = []
  const shown = operands.map((operand) => {
    const history = historyOf(operand)
    if (history === undefined) return constantOf(operand, name, called)
    tensors.push(history)
    return 'tensor'
  })
  const config: Config = { ...words, name, operation, operands: shown }
  if (operation === 'getitem') config.index = indexOf(index, name)
  return { layer: { class_name: 'RoentgenOperation', name, config }, tensors }
}

const isKeras2 = ({ class_name }: LayerEntry): boolean => class_name.endsWith('OpLambda')

interface Called {
  operands: unknown[]
  settings: Config
}

/** `[layer, node, tensor, words]`, or a list of such; a constant is `['_CONSTANT_VALUE', -1, value, words]`. */
function ofKeras2(node: unknown): Called {
  const calls = (typeof (node as unknown[])[0] === 'string' ? [node] : node) as [
    string,
    number,
    unknown,
    Config?,
  ][]
  const first = calls.map(([layer, at, tensor]) =>
    layer === '_CONSTANT_VALUE' ? tensor : [layer, at, tensor],
  )
  const { slice_spec: index, ...words } = Object.assign(
    {},
    ...calls.map(([, , , said]) => said ?? {}),
  ) as Config
  return sorted(first, index === undefined ? words : { ...words, index })
}

/** Whole tensors among the arguments; what the operation was made with stands in its configuration. */
function ofKeras3({ config, class_name }: LayerEntry, node: unknown): Called {
  const { args = [], kwargs = {} } = node as { args?: unknown[]; kwargs?: Config }
  if (class_name === 'GetItem') return { operands: [args[0]], settings: { index: args[1] ?? kwargs.key } }
  const isList = Array.isArray(args[0]) && args.length === 1
  return sorted(isList ? (args[0] as unknown[]) : args, { ...config, ...kwargs })
}

/** Words that are operands (`y`, `x2`, `bias`) go to the operands. */
function sorted(operands: unknown[], words: Config): Called {
  const settings: Config = {}
  const all = [...operands]
  for (const [key, value] of Object.entries(words))
    if (SETTINGS.has(key)) settings[key] = value
    else if (!HARMLESS.has(key) && value !== null && value !== undefined) all.push(value)
  return { operands: all, settings }
}

/** Which tensor an operand is; undefined for a constant. */
function historyOf(operand: unknown): History | undefined {
  const { class_name, config } = (operand ?? {}) as LayerEntry
  if (class_name === '__keras_tensor__') return config.keras_history as History
  const isCall = Array.isArray(operand) && operand.length === 3 && typeof operand[0] === 'string'
  return isCall ? (operand as History) : undefined
}

function constantOf(operand: unknown, layer: string, called: string): unknown {
  const { class_name, config } = (operand ?? {}) as LayerEntry
  const value = ['__tensor__', '__numpy__'].includes(class_name) ? config.value : operand
  const isNumbers = [value].flat(9).every((one) => typeof one === 'number')
  if (!isNumbers) refuse(layer, `operation '${called}' with ${JSON.stringify(operand)?.slice(0, 40)}`)
  return value
}

/** Slices as `layers/operations.ts` has them. */
function indexOf(given: unknown, layer: string): unknown[] {
  return [given].flat().map((one) => {
    const { class_name, config } = (one ?? {}) as LayerEntry
    if (typeof one === 'number') return one
    if (class_name === '__ellipsis__') return 'rest'
    const {
      start = null,
      stop = null,
      step = null,
    } = (class_name === '__slice__' ? config : (one ?? {})) as {
      start?: unknown
      stop?: unknown
      step?: unknown
    }
    const isWhole = start === null && stop === null
    const isPlain = [start, stop].every((end) => end === null || typeof end === 'number')
    if (!isPlain || !(step === null || step === 1 || (step === -1 && isWhole)))
      refuse(layer, `a slice with ${JSON.stringify({ start, stop, step })}`)
    return { start, stop, step }
  })
}
