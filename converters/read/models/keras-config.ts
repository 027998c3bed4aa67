/** The topology of a Keras model (2 or 3, or a tfjs model.json that was made of one) as the json that tfjs-layers reads.
 *  What says how to train (initializers, regularizers, constraints) is dropped. What tfjs would read in another sense
 *  than Keras is rewritten or refused, by the layer's name. */
import * as tf from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import './own-layers.ts'

type Config = Record<string, unknown>

/** A layer, or a model among layers, as a file has it. */
export interface LayerEntry {
  class_name: string
  config: Config
  name?: string
  inbound_nodes?: unknown[]
}

/** Whose meaning a topology has: Keras' own, or that of tfjs, which runs the file as it is. */
export type Meaning = 'keras2' | 'keras3' | 'tfjs'

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
  return isModelEntry(entry) ? translateNested(entry, meaning) : translateLayer(entry, meaning)
}

function translateNested(entry: LayerEntry, meaning: Meaning): LayerEntry {
  const own = Array.isArray(entry.config) ? { name: entry.name ?? 'sequential' } : entry.config
  const inner = layersOf(entry)
  if (!Array.isArray(inner) || inner.length === 0) throw new Error('its topology has a model without layers')
  const late = lateModels(inner, own.output_layers)
  const layers = inner.map((layer) => translateEntry(layer, meaning))
  const config: Config = { ...own, layers }
  if (entry.class_name === 'Sequential') return { ...entry, config: withInput(config, layers, own) }
  for (const [i, layer] of layers.entries())
    layer.inbound_nodes = inboundNodes(inner[i]!.inbound_nodes ?? [], nameOf(layer), late)
  requireOrder(layers)
  config.input_layers = endpoints(own.input_layers, late)
  config.output_layers = endpoints(own.output_layers, late)
  return { ...entry, class_name: 'Model', config }
}

/** tfjs waits for ever for a layer that is not there, or that waits for itself.
 *  @throws Error with the layer's name */
function requireOrder(layers: readonly LayerEntry[]): void {
  const isGiven = (entry: LayerEntry): boolean => entry.class_name === 'InputLayer' || isModelEntry(entry)
  const made = new Map(layers.map((entry) => [nameOf(entry), isGiven(entry) ? 1 : 0]))
  const calls = layers.flatMap((entry) =>
    ((entry.inbound_nodes ?? []) as Call[][]).map((from) => ({ name: nameOf(entry), from })),
  )
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

const nameOf = ({ name, config }: LayerEntry): string => String(name ?? config?.name ?? 'a layer')

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

/** Calls of a layer: Keras 2 lists `[layer, node, tensor, arguments]`, Keras 3 whole tensors. */
function inboundNodes(nodes: unknown[], layer: string, late: ReadonlySet<string>): unknown[] {
  return nodes.map((node) => {
    if (Array.isArray(node)) {
      const calls = (typeof node[0] === 'string' ? [node] : node) as Call[]
      return calls.map(([from, at, tensor, words]) =>
        shifted([from, at, tensor, plainArguments(words ?? {}, layer)], late),
      )
    }
    const { args, kwargs } = node as { args: unknown; kwargs?: Config }
    const words = plainArguments(kwargs ?? {}, layer)
    return historiesOf(args).map(([from, at, tensor]) => shifted([from, at, tensor, words], late))
  })
}

function historiesOf(value: unknown): Call[] {
  if (Array.isArray(value)) return value.flatMap(historiesOf)
  const { class_name, config } = (value ?? {}) as LayerEntry
  return class_name === '__keras_tensor__' ? [config.keras_history as Call] : []
}

/** What a layer is called with beside its inputs: only what says nothing may stay out. */
function plainArguments(words: Config, layer: string): Config {
  const said = Object.entries(words).filter(([, value]) => value !== null && value !== false)
  if (said.length > 0) refuse(layer, `the argument '${said[0]![0]}' of its call`)
  return {}
}

const ZEROS = { class_name: 'RoentgenZeros', config: {} }

/** Keras' names of functions that tfjs knows by another. */
const SYNONYMS: Readonly<Record<string, string>> = {
  silu: 'swish',
  hard_silu: 'roentgenHardSwish',
  hard_swish: 'roentgenHardSwish',
  exponential: 'roentgenExponential',
  leaky_relu: 'roentgenLeakyRelu',
}

function activationName(given: unknown, layer: string, meaning: Meaning): string {
  // Keras 3 writes a function as { module, class_name: 'function', config: 'relu6' }; a layer as its entry.
  const entry = given as LayerEntry | string
  const name =
    typeof entry === 'string' ? entry : typeof entry.config === 'string' ? entry.config : entry.class_name
  if (name === 'hard_sigmoid' && meaning === 'keras3') return 'roentgenHardSigmoid'
  const known = SYNONYMS[name] ?? name
  if (!isRegistered(known)) refuse(layer, `activation '${name}'`)
  return known
}

const isRegistered = (name: string): boolean =>
  Object.hasOwn(tf.serialization.SerializationMap.getMap().classNameMap, camelCase(name))

/** As tfjs reads names of classes in a json. */
const camelCase = (name: string): string =>
  name.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

function translateLayer(entry: LayerEntry, meaning: Meaning): LayerEntry {
  const name = nameOf(entry)
  const fixed = LAYERS[entry.class_name]?.(entry.config, name, meaning) ?? {}
  const { as = entry.class_name, ...changes } = fixed
  if (!isRegistered(as)) refuse(name, `layer class '${entry.class_name}'`)
  if (entry.config.stateful === true) refuse(name, `'stateful' of class '${entry.class_name}'`)
  const config = Object.fromEntries(
    Object.entries({ ...entry.config, ...changes }).map(([key, value]) => [
      key,
      translateValue(key, value, name, meaning),
    ]),
  )
  return { ...entry, class_name: as, config: { ...config, name } }
}

function translateValue(key: string, value: unknown, layer: string, meaning: Meaning): unknown {
  if (value === null || value === undefined) return value
  if (key.endsWith('_initializer')) return ZEROS
  if (key.endsWith('_regularizer') || key.endsWith('_constraint')) return null
  if (key === 'activation' || key === 'recurrent_activation') return activationName(value, layer, meaning)
  if (key === 'dtype') return dtypeName(value)
  if (key === 'layer' || key === 'backward_layer' || key === 'cell')
    return translateEntry(value as LayerEntry, meaning)
  if (key === 'cells') return (value as LayerEntry[]).map((cell) => translateEntry(cell, meaning))
  return value
}

/** A policy by its variables' type: what computes in half precision is computed in single here. */
function dtypeName(value: unknown): string {
  const name = typeof value === 'string' ? value : String((value as LayerEntry).config?.name)
  return /^(mixed_)?(b?float\d+)$/.test(name) ? 'float32' : /^u?int\d+$/.test(name) ? 'int32' : name
}

type Fix = (config: Config, layer: string, meaning: Meaning) => (Config & { as?: string }) | undefined

const identity: Fix = () => ({ as: 'Activation', activation: 'linear' })
const isSet = (value: unknown): boolean => value !== null && value !== undefined && value !== false

/** Refuses settings that tfjs-layers reads over without a word. */
const without =
  (...keys: [key: string, harmless?: (value: unknown) => boolean][]): Fix =>
  (config, layer) => {
    for (const [key, harmless] of keys)
      if (isSet(config[key]) && harmless?.(config[key]) !== true)
        refuse(layer, `'${key}' = ${JSON.stringify(config[key])}`)
    return undefined
  }
const isOne = (value: unknown): boolean => value === 1

const globalPool =
  (how: 'mean' | 'max'): Fix =>
  ({ keepdims }) =>
    keepdims === true ? { as: 'RoentgenGlobalPool', how } : undefined

const reLU: Fix = ({ max_value, negative_slope, threshold }, layer) => {
  const [slope, from] = [Number(negative_slope ?? 0), Number(threshold ?? 0)]
  if (slope === 0 && from === 0) return undefined
  if (isSet(max_value) || (slope !== 0 && from !== 0))
    refuse(layer, `'max_value', 'negative_slope' and 'threshold' together`)
  return slope === 0 ? { as: 'ThresholdedReLU', theta: from } : { as: 'LeakyReLU', alpha: slope }
}

/** Keras resizes by pixels' centres; a nearest neighbour at a whole factor is the same either way. */
const upSampling: Fix = ({ interpolation, data_format }, layer, meaning) => {
  if (meaning === 'tfjs' || interpolation === 'nearest' || interpolation === undefined) return undefined
  if (interpolation !== 'bilinear' || data_format === 'channels_first')
    refuse(layer, `'interpolation' = ${JSON.stringify(interpolation)} (${data_format})`)
  return { as: 'RoentgenCentredResize' }
}

const resizing: Fix = (config, layer, meaning) => {
  if (meaning === 'tfjs') return undefined
  without(['crop_to_aspect_ratio'], ['pad_to_aspect_ratio'], ['antialias'])(config, layer, meaning)
  if (config.data_format === 'channels_first') refuse(layer, "'data_format' = channels_first")
  if (!['bilinear', 'nearest'].includes(String(config.interpolation)))
    refuse(layer, `'interpolation' = ${JSON.stringify(config.interpolation)}`)
  return { as: 'RoentgenCentredResize' }
}

/** Layers that need another word in tfjs; all others are read as they are. */
const LAYERS: Readonly<Record<string, Fix>> = {
  InputLayer: ({ batch_shape }) =>
    batch_shape === undefined ? undefined : { batch_input_shape: batch_shape },
  BatchNormalization: ({ axis }) =>
    Array.isArray(axis) && axis.length === 1 ? { axis: axis[0] } : undefined,
  Conv1D: without(['groups', isOne]),
  Conv2D: without(['groups', isOne]),
  Conv3D: without(['groups', isOne]),
  Conv2DTranspose: without(['output_padding'], ['dilation_rate', (rate) => [rate].flat().every(isOne)]),
  Conv3DTranspose: without(['output_padding'], ['dilation_rate', (rate) => [rate].flat().every(isOne)]),
  ReLU: reLU,
  LeakyReLU: ({ alpha, negative_slope }) => (alpha === undefined ? { alpha: negative_slope } : undefined),
  GRU: without(['reset_after']),
  // It only says how to begin.
  LSTM: () => ({ unit_forget_bias: false }),
  LSTMCell: () => ({ unit_forget_bias: false }),
  GlobalAveragePooling1D: globalPool('mean'),
  GlobalAveragePooling2D: globalPool('mean'),
  GlobalMaxPooling1D: globalPool('max'),
  GlobalMaxPooling2D: globalPool('max'),
  UpSampling2D: upSampling,
  Resizing: resizing,
  Rescaling: without(
    ['scale', (value) => typeof value === 'number'],
    ['offset', (v) => typeof v === 'number'],
  ),
  Normalization: () => ({ as: 'RoentgenNormalization' }),
  Identity: identity,
  ActivityRegularization: identity,
  SpatialDropout1D: identity,
  SpatialDropout2D: identity,
  SpatialDropout3D: identity,
  RandomFlip: identity,
  RandomRotation: identity,
  RandomZoom: identity,
  RandomTranslation: identity,
  RandomContrast: identity,
  RandomBrightness: identity,
}

function refuse(layer: string, what: string): never {
  throw new RoentgenError('ROE_LAYER_UNSUPPORTED', { where: `layer '${layer}'`, what })
}
