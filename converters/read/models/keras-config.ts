/** The topology of a Keras model (2 or 3, or a tfjs model.json that was made of one) as the json that tfjs-layers reads: models
 *  in models, and which layer is called on what. Layers themselves: `keras-layers.ts`. */
import { type Config, type LayerEntry, type Meaning, nameOf, refuse, translateLayer } from './keras-layers.ts'
import { type History, isOperation, translateOperation } from './keras-operations.ts'

export type { LayerEntry } from './keras-layers.ts'

const MODELS = ['Model', 'Functional', 'Sequential']
export const isModelEntry = ({ class_name }: LayerEntry): boolean => MODELS.includes(class_name)

/** The layers of a model's entry; a Sequential of old is a bare list. */
export const layersOf = (entry: LayerEntry): LayerEntry[] =>
  (Array.isArray(entry.config) ? entry.config : (entry.config.layers as LayerEntry[])) ?? []

/** @throws ROE_LAYER_UNSUPPORTED with the layer's name, Error for what is no topology */
export function translateModel(entry: LayerEntry, meaning: Meaning): LayerEntry {
  if (typeof entry?.class_name !== 'string' || typeof entry.config !== 'object' || entry.config === null)
    throw new Error('its topology names no class of a model')
  if (!isModelEntry(entry)) refuse('the model', `class '${entry.class_name}' (a subclassed model?)`)
  return translateEntry(entry, meaning)
}

function translateEntry(entry: LayerEntry, meaning: Meaning): LayerEntry {
  if (typeof entry?.class_name !== 'string') throw new Error('its topology has a layer without a class')
  return isModelEntry(entry)
    ? translateNested(entry, meaning)
    : translateLayer(entry, meaning, translateEntry)
}

function translateNested(entry: LayerEntry, meaning: Meaning): LayerEntry {
  const own = Array.isArray(entry.config) ? { name: entry.name ?? 'sequential' } : entry.config
  const inner = layersOf(entry)
  if (!Array.isArray(inner) || inner.length === 0) throw new Error('its topology has a model without layers')
  const late = lateModels(inner, own.output_layers)
  const masks = new Set(inner.filter((layer) => isMaskOnly(layer, inner)).map(nameOf))
  const given = inner.filter((layer) => !masks.has(nameOf(layer)))
  const called = given.map((layer) => callOf(layer, meaning, late, masks))
  const layers = called.map(({ layer }) => layer)
  const config: Config = { ...own, layers }
  if (entry.class_name === 'Sequential') return { ...entry, config: withInput(config, layers, own) }
  // tfjs knows a layer by the name beside its configuration, and waits for ever for one that has none there.
  for (const { layer, nodes } of called) Object.assign(layer, { name: nameOf(layer), inbound_nodes: nodes })
  requireOrder(layers)
  config.input_layers = endpoints(own.input_layers, late)
  config.output_layers = endpoints(own.output_layers, late)
  return { ...entry, class_name: 'Model', config }
}

/** tfjs waits for ever for a layer that is not there, or that waits for itself.
 *  @throws Error with the layer's name */
function requireOrder(layers: readonly LayerEntry[]): void {
  const isGiven = (entry: LayerEntry): boolean => entry.class_name === 'InputLayer' || isModelEntry(entry)
  const names = layers.map(nameOf)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`two layers are called '${twice}'`)
  const made = new Map(layers.map((entry) => [nameOf(entry), isGiven(entry) ? 1 : 0]))
  const calls = layers.flatMap((entry) =>
    ((entry.inbound_nodes ?? []) as Call[][]).map((from) => ({ name: nameOf(entry), from })),
  )
  const idle = calls.find(({ from }) => from.length === 0)
  if (idle !== undefined) throw new Error(`layer '${idle.name}' is called on nothing`)
  for (let waiting = calls; waiting.length > 0; ) {
    const later = waiting.filter(({ name, from }) => {
      const isReady = from.every(([layer, node]) => node < (made.get(layer) ?? 0))
      if (isReady) made.set(name, (made.get(name) ?? 0) + 1)
      return !isReady
    })
    if (later.length === waiting.length)
      throw new Error(`layer '${later[0]!.name}' is called on a layer that is not there, or on itself`)
    waiting = later
  }
}

/** The first layer of a Sequential must say its input's shape; Keras also writes it beside the layers. */
function withInput(config: Config, layers: LayerEntry[], own: Config): Config {
  const first = layers[0]!
  const shape = own.build_input_shape
  if (first.class_name !== 'InputLayer' && !isModelEntry(first) && Array.isArray(shape))
    first.config.batch_input_shape ??= shape
  const { build_input_shape: _, ...rest } = config
  return rest
}

/** Keras 3 writes one endpoint without a list around it, and several as a list or by name. */
const endpoints = (given: unknown, late: ReadonlySet<string>): unknown[] =>
  endsOf(given).map((end) => shifted(end, late))

function endsOf(given: unknown): [string, number, number][] {
  const isOne = Array.isArray(given) && typeof given[0] === 'string'
  const all = isOne ? [given] : Array.isArray(given) ? given : Object.values((given ?? {}) as object)
  return all as [string, number, number][]
}

/** A model in a model begins with a node of its own in tfjs and Keras 2, so its calls are counted from 1; Keras 3 counts
 *  them from 0, if not in every version: then none is the last one's number plus 1. */
function lateModels(layers: readonly LayerEntry[], outputs: unknown): Set<string> {
  const isCallOf = (name: string, count: number): boolean =>
    [
      ...layers.flatMap(({ inbound_nodes = [] }) => inbound_nodes.flatMap(historiesIn)),
      ...endsOf(outputs),
    ].some(([layer, node]) => layer === name && node === count)
  const isKeras3 = ({ inbound_nodes: [first] = [] }: LayerEntry): boolean =>
    first !== undefined && !Array.isArray(first)
  const models = layers.filter((entry) => isModelEntry(entry) && isKeras3(entry))
  return new Set(models.map(nameOf).filter((name, i) => !isCallOf(name, models[i]!.inbound_nodes!.length)))
}

const historiesIn = (node: unknown): Call[] => historiesOf((node as { args?: unknown } | null)?.args)

const shifted = (
  [layer, node, tensor, ...rest]: [string, number, number, ...unknown[]],
  late: ReadonlySet<string>,
) => [layer, late.has(layer) ? node + 1 : node, tensor, ...rest]

type Call = [string, number, number, Config]

type Names = ReadonlySet<string>

interface Called {
  layer: LayerEntry
  nodes: unknown[]
}

/** A layer or an operation in tfjs's words, and what it is called on. */
function callOf(entry: LayerEntry, meaning: Meaning, late: Names, masks: Names): Called {
  if (typeof entry?.class_name === 'string' && isOperation(entry)) {
    const { layer, tensors } = translateOperation(entry)
    return { layer, nodes: [tensors.map((history) => shifted([...history, {}], late))] }
  }
  const layer = translateEntry(entry, meaning)
  // A layer that was first of a Sequential may keep the shape of an input that it no longer has.
  if (entry.class_name !== 'InputLayer' && (entry.inbound_nodes ?? []).length > 0)
    delete layer.config.batch_input_shape
  const nodes = (entry.inbound_nodes ?? []).map((node) => inboundNode(node, entry, late, masks))
  return { layer, nodes }
}

/** A call of a layer: Keras 2 lists `[layer, node, tensor, arguments]`, Keras 3 whole tensors. */
function inboundNode(node: unknown, entry: LayerEntry, late: Names, masks: Names): unknown[] {
  const layer = nameOf(entry)
  if (Array.isArray(node)) {
    const calls = (typeof node[0] === 'string' ? [node] : node) as Call[]
    return calls.flatMap(([from, at, tensor, words]) => {
      const { tensors, ...rest } = keras2Words(entry.class_name, words ?? {})
      requirePlain(rest, layer)
      return [[from, at, tensor] as History, ...tensors].map((history) => shifted([...history, {}], late))
    })
  }
  const { args, kwargs } = node as { args: unknown; kwargs?: Config }
  // In inference Keras 3 overrules it; a mask is what the layers before give by themselves.
  const { training: _, mask, initial_state, query, value, key, inputs, ...words } = kwargs ?? {}
  const isOwnMask = historiesOf(mask).every(([from]) => masks.has(from))
  requirePlain(isOwnMask ? words : { ...words, mask }, layer)
  const all = [args, inputs, query, value, key, initial_state].flatMap((one) => historiesOf(one))
  return all.map(([from, at, tensor]) => shifted([from, at, tensor, {}], late))
}

/** What Keras 2 hands to an attention beside its first input is named `value` and `key`. */
function keras2Words(kind: string, { value, key, ...rest }: Config): Config & { tensors: History[] } {
  if (kind !== 'MultiHeadAttention')
    return {
      ...rest,
      ...(value === undefined ? {} : { value }),
      ...(key === undefined ? {} : { key }),
      tensors: [],
    }
  return { ...rest, tensors: [value, key].filter(Array.isArray) as History[] }
}

function historiesOf(value: unknown): Call[] {
  if (Array.isArray(value)) return value.flatMap(historiesOf)
  const { class_name, config } = (value ?? {}) as LayerEntry
  return class_name === '__keras_tensor__' ? [config.keras_history as Call] : []
}

/** What a layer is called with beside its inputs: only what says nothing may stay out. */
function requirePlain(words: Config, layer: string): void {
  const said = Object.entries(words).filter(([, value]) => value !== null && value !== false)
  if (said.length > 0) refuse(layer, `the argument '${said[0]![0]}' of its call`)
}

/** Keras 3 writes how a mask is made (`NotEqual` to the value of a Masking or an Embedding, `Any`) beside the layers that
 *  make it; tfjs's layers make it by themselves. @returns whether nothing but masks is made of it */
function isMaskOnly(entry: LayerEntry, all: readonly LayerEntry[]): boolean {
  if (!isOperation(entry) || !['NotEqual', 'Any'].includes(entry.class_name)) return false
  const name = nameOf(entry)
  if (!all.some(makesMask)) return false
  return all.every((other) =>
    (other.inbound_nodes ?? []).every((node) => {
      const isRead = historiesOf((node as { args?: unknown } | null)?.args).some(([layer]) => layer === name)
      return !isRead || isMaskOnly(other, all)
    }),
  )
}

const makesMask = ({ class_name, config }: LayerEntry): boolean =>
  class_name === 'Masking' || (class_name === 'Embedding' && config.mask_zero === true)
