/** Layers of Keras in the words of tfjs-layers: which class, which settings. What tfjs lacks, or reads in another sense than
 *  Keras, becomes a layer of our own (`layers/`) or is refused by the layer's name. What says how to train is dropped. */
import * as tf from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import '../../../layers/index.ts'

export type Config = Record<string, unknown>

/** A layer, or a model among layers, as a file has it. */
export interface LayerEntry {
  class_name: string
  config: Config
  name?: string
  /** Keras 3 says where a class is from. */
  module?: string
  inbound_nodes?: unknown[]
}

/** Whose meaning a topology has: Keras' own, or that of tfjs, which runs the file as it is. */
export type Meaning = 'keras2' | 'keras3' | 'tfjs'

export const nameOf = ({ name, config }: LayerEntry): string => String(name ?? config?.name ?? 'a layer')

const ZEROS = { class_name: 'RoentgenZeros', config: {} }

/** Keras' names of functions that tfjs knows by another. */
const SYNONYMS: Readonly<Record<string, string>> = {
  silu: 'swish',
  hard_silu: 'roentgenHardSwish',
  hard_swish: 'roentgenHardSwish',
  exponential: 'roentgenExponential',
  leaky_relu: 'roentgenLeakyRelu',
  gelu_new: 'roentgenGeluNew',
  celu: 'roentgenCelu',
  hard_tanh: 'roentgenHardTanh',
  hard_shrink: 'roentgenHardShrink',
  soft_shrink: 'roentgenSoftShrink',
  tanh_shrink: 'roentgenTanhShrink',
  log_sigmoid: 'roentgenLogSigmoid',
  sparse_sigmoid: 'roentgenSparseSigmoid',
  sparse_plus: 'roentgenSparsePlus',
  squareplus: 'roentgenSquareplus',
}

function activationName(given: unknown, layer: string, meaning: Meaning): string {
  // Keras 3 writes a function as { module, class_name: 'function', config: 'relu6' }; a layer as its entry.
  const entry = given as LayerEntry | string
  const name =
    typeof entry === 'string' ? entry : typeof entry.config === 'string' ? entry.config : entry.class_name
  if (name === 'hard_sigmoid' && meaning === 'keras3') return 'roentgenHardSigmoid'
  const known = SYNONYMS[name] ?? ownName(name)
  if (!isRegistered(known)) refuse(layer, `activation '${name}'`)
  return known
}

const isRegistered = (name: string): boolean =>
  Object.hasOwn(tf.serialization.SerializationMap.getMap().classNameMap, camelCase(name))

/** As tfjs reads names of classes in a json. */
const camelCase = (name: string): string =>
  name.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase())

/** Keras writes a user's class as `package>Name`. */
const ownName = (name: string): string => name.slice(name.lastIndexOf('>') + 1)

type Translate = (entry: LayerEntry, meaning: Meaning) => LayerEntry

/** @param inner  translates what stands in a layer: a wrapped layer, a model, a cell
 *  @throws ROE_LAYER_UNSUPPORTED with the layer's name */
export function translateLayer(entry: LayerEntry, meaning: Meaning, inner: Translate): LayerEntry {
  const name = nameOf(entry)
  const fixed = LAYERS[entry.class_name]?.(entry.config, name, meaning) ?? {}
  const { as = ownName(entry.class_name), ...changes } = fixed
  if (!isRegistered(as)) refuse(name, `layer class '${entry.class_name}'`)
  if (entry.config.stateful === true) refuse(name, `'stateful' of class '${entry.class_name}'`)
  const config = Object.fromEntries(
    Object.entries({ ...entry.config, ...changes })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, translateValue(key, value, name, meaning, inner)]),
  )
  return { ...entry, class_name: as, config: { ...config, name } }
}

function translateValue(
  key: string,
  value: unknown,
  layer: string,
  meaning: Meaning,
  inner: Translate,
): unknown {
  if (value === null) return value
  if (key.endsWith('_initializer')) return ZEROS
  if (key.endsWith('_regularizer') || key.endsWith('_constraint')) return null
  if (key === 'activation' || key === 'recurrent_activation') return activationName(value, layer, meaning)
  // Only in training; tfjs keeps masks for it.
  if (key === 'dropout' || key === 'recurrent_dropout') return 0
  // How it is computed in Python; tfjs warns of it.
  if (key === 'unroll') return false
  if (key === 'dtype') return dtypeName(value)
  if (key === 'layer' || key === 'backward_layer' || key === 'cell')
    return inner(value as LayerEntry, meaning)
  if (key === 'cells') return (value as LayerEntry[]).map((cell) => inner(cell, meaning))
  return value
}

/** A policy by its variables' type: what computes in half precision is computed in single here. */
function dtypeName(value: unknown): string {
  const name = typeof value === 'string' ? value : String((value as LayerEntry).config?.name)
  return /^(mixed_)?(b?float\d+)$/.test(name) ? 'float32' : /^u?int\d+$/.test(name) ? 'int32' : name
}

type Fix = (config: Config, layer: string, meaning: Meaning) => (Config & { as?: string }) | undefined

const as =
  (name: string, more: Config = {}): Fix =>
  () => ({ as: name, ...more })
/** Only what Keras means: a model.json of tfjs keeps the layer of tfjs. */
const inKeras =
  (fix: Fix): Fix =>
  (config, layer, meaning) =>
    meaning === 'tfjs' ? undefined : fix(config, layer, meaning)
/** The first of several that has something to say. */
const firstOf =
  (...fixes: Fix[]): Fix =>
  (config, layer, meaning) => {
    for (const fix of fixes) {
      const fixed = fix(config, layer, meaning)
      if (fixed !== undefined) return fixed
    }
    return undefined
  }
const when =
  (condition: (config: Config) => boolean, fix: Fix): Fix =>
  (config, layer, meaning) =>
    condition(config) ? fix(config, layer, meaning) : undefined

const identity = as('Activation', { activation: 'linear' })
const isSet = (value: unknown): boolean => value !== null && value !== undefined && value !== false

/** Refuses settings that would be read over without a word. */
const without =
  (...keys: [key: string, harmless?: (value: unknown) => boolean][]): Fix =>
  (config, layer) => {
    for (const [key, harmless] of keys)
      if (isSet(config[key]) && harmless?.(config[key]) !== true)
        refuse(layer, `'${key}' = ${JSON.stringify(config[key])}`)
    return undefined
  }
const isOne = (value: unknown): boolean => [value ?? 1].flat().every((one) => one === 1)
const isFirst = ({ data_format }: Config): boolean => data_format === 'channels_first'

const hasGroups = ({ groups }: Config): boolean => !isOne(groups)
const conv1d = firstOf(
  when(hasGroups, as('RoentgenConv')),
  when(({ padding }) => padding === 'causal', as('RoentgenConv')),
  inKeras(when(isFirst, as('RoentgenConv'))),
)
const convTranspose = when(
  ({ output_padding, dilation_rate }) => isSet(output_padding) || !isOne(dilation_rate),
  as('RoentgenConvTranspose'),
)
const depthwise = inKeras(
  when((config) => isFirst(config) || !isOne(config.dilation_rate), as('RoentgenDepthwiseConv')),
)
/** Keras 2 writes what a Conv2D has, which tfjs refuses. */
const NO_KERNEL: Config = {
  kernel_initializer: undefined,
  kernel_regularizer: undefined,
  kernel_constraint: undefined,
  groups: undefined,
}
const separable = firstOf(inKeras(when(isFirst, as('RoentgenSeparableConv', NO_KERNEL))), () => NO_KERNEL)

const globalPool = (how: 'mean' | 'max'): Fix =>
  when(({ keepdims }) => keepdims === true, as('RoentgenGlobalPool', { how }))
/** tfjs takes channels that come first for steps, and counts steps that are masked. */
const globalPool1d = (how: 'mean' | 'max'): Fix =>
  firstOf(inKeras(as('RoentgenGlobalPool', { how })), globalPool(how))
const pool1d = (how: 'mean' | 'max'): Fix => inKeras(when(isFirst, as('RoentgenPool1d', { how })))

const reLU: Fix = ({ max_value, negative_slope, threshold }) => {
  const [slope, from] = [Number(negative_slope ?? 0), Number(threshold ?? 0)]
  if (slope === 0 && from === 0) return undefined
  if (isSet(max_value) || from !== 0) return { as: 'RoentgenReLU' }
  return { as: 'LeakyReLU', alpha: slope }
}

/** Keras resizes by pixels' centres; a nearest neighbour at a whole factor is the same either way. */
const upSampling2d: Fix = inKeras(({ interpolation }, layer) => {
  if (interpolation === 'nearest' || interpolation === undefined) return undefined
  if (interpolation !== 'bilinear') refuse(layer, `'interpolation' = ${JSON.stringify(interpolation)}`)
  return { as: 'RoentgenCentredResize' }
})

const resizing: Fix = inKeras(
  firstOf(
    without(
      ['pad_to_aspect_ratio'],
      ['antialias'],
      ['interpolation', (how) => how === 'bilinear' || how === 'nearest'],
    ),
    as('RoentgenCentredResize'),
  ),
)

const batchNormalization: Fix = ({ axis = -1 }, layer, meaning) => {
  const [one, ...more] = [axis].flat()
  if (more.length > 0) refuse(layer, `'axis' = ${JSON.stringify(axis)}`)
  // Along another axis than the last tfjs's backends disagree; which is the last is known when the layer is built.
  return one === -1 && meaning === 'tfjs' ? { axis: -1 } : { as: 'RoentgenBatchNormalization', axis: one }
}

const attention = (name: string): Fix => firstOf(without(['score_mode', (mode) => mode === 'dot']), as(name))

/** tfjs builds the way back out of the way there. */
const bidirectional: Fix = ({ layer: there, backward_layer: back }, layer) => {
  if (back === undefined || back === null) return undefined
  const [one, other] = [there, back].map((entry) => plainWords(entry as LayerEntry))
  if (one !== other) refuse(layer, "a 'backward_layer' of another kind than 'layer'")
  return { backward_layer: undefined }
}

/** What a layer computes, as far as words and numbers say it. */
function plainWords({ class_name, config }: LayerEntry): string {
  const { name: _, go_backwards: __, seed: ___, ...words } = config
  const plain = Object.entries(words).filter(
    ([key, value]) => typeof value !== 'object' || key.endsWith('activation'),
  )
  return JSON.stringify([class_name, ...plain.sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** Keras draws in training alone. */
const randomWidth: Fix = (config, layer, meaning) =>
  meaning === 'tfjs'
    ? refuse(layer, "class 'RandomWidth', which in tfjs draws a width in inference, too,")
    : identity(config, layer, meaning)

const isNumber = (value: unknown): boolean => typeof value === 'number'

/** Layers that need another word in tfjs; all others are read as they are. */
const LAYERS: Readonly<Record<string, Fix>> = {
  InputLayer: ({ batch_shape }) =>
    batch_shape === undefined ? undefined : { batch_input_shape: batch_shape },
  BatchNormalization: batchNormalization,
  Conv1D: conv1d,
  Conv2D: when(hasGroups, as('RoentgenConv')),
  Conv3D: when(hasGroups, as('RoentgenConv')),
  Conv1DTranspose: as('RoentgenConvTranspose'),
  Conv2DTranspose: convTranspose,
  Conv3DTranspose: without(['output_padding'], ['dilation_rate', isOne]),
  DepthwiseConv1D: as('RoentgenDepthwiseConv'),
  DepthwiseConv2D: depthwise,
  SeparableConv1D: as('RoentgenSeparableConv', NO_KERNEL),
  SeparableConv2D: separable,
  ReLU: reLU,
  ELU: when(({ alpha }) => !isOne(alpha), as('RoentgenElu')),
  Softmax: when(({ axis }) => axis !== undefined && axis !== -1, as('RoentgenSoftmax')),
  LeakyReLU: ({ alpha, negative_slope }) => (alpha === undefined ? { alpha: negative_slope } : undefined),
  GRU: when(({ reset_after }) => reset_after === true, as('RoentgenGRU')),
  GRUCell: when(({ reset_after }) => reset_after === true, as('RoentgenGRUCell')),
  // It only says how to begin.
  LSTM: () => ({ unit_forget_bias: false }),
  LSTMCell: () => ({ unit_forget_bias: false }),
  ConvLSTM2D: () => ({ unit_forget_bias: false }),
  GlobalAveragePooling1D: globalPool1d('mean'),
  GlobalAveragePooling2D: globalPool('mean'),
  GlobalAveragePooling3D: as('RoentgenGlobalPool', { how: 'mean' }),
  GlobalMaxPooling1D: globalPool1d('max'),
  GlobalMaxPooling2D: globalPool('max'),
  GlobalMaxPooling3D: as('RoentgenGlobalPool', { how: 'max' }),
  MaxPooling1D: pool1d('max'),
  AveragePooling1D: pool1d('mean'),
  UpSampling1D: as('RoentgenUpSampling'),
  UpSampling2D: upSampling2d,
  UpSampling3D: as('RoentgenUpSampling'),
  Cropping1D: as('RoentgenCropping'),
  Cropping3D: as('RoentgenCropping'),
  ZeroPadding1D: as('RoentgenZeroPadding'),
  ZeroPadding3D: as('RoentgenZeroPadding'),
  Flatten: inKeras(when((config) => !isFirst(config), as('RoentgenFlatten'))),
  Subtract: as('RoentgenSubtract'),
  // Of Inception-ResNet v2, which Keras 2 says with a package.
  CustomScaleLayer: as('RoentgenScaledSum'),
  'Custom>CustomScaleLayer': as('RoentgenScaledSum'),
  Resizing: resizing,
  CenterCrop: inKeras(as('RoentgenCentreCrop')),
  CategoryEncoding: as('RoentgenCategoryEncoding'),
  Rescaling: ({ scale, offset }) =>
    [scale, offset].every((value) => value === undefined || isNumber(value))
      ? undefined
      : { as: 'RoentgenRescaling' },
  Normalization: as('RoentgenNormalization'),
  LayerNormalization: without(['rms_scaling']),
  GroupNormalization: as('RoentgenGroupNormalization'),
  UnitNormalization: as('RoentgenUnitNormalization'),
  RMSNormalization: as('RoentgenRmsNormalization'),
  Attention: attention('RoentgenAttention'),
  AdditiveAttention: as('RoentgenAdditiveAttention'),
  MultiHeadAttention: firstOf(
    without(['use_gate'], ['sliding_window'], ['attention_axes', isOne]),
    as('RoentgenMultiHeadAttention'),
  ),
  EinsumDense: firstOf(
    without(['equation', (equation) => !String(equation).includes('...')]),
    as('RoentgenEinsumDense'),
  ),
  Bidirectional: bidirectional,
  Identity: identity,
  ActivityRegularization: identity,
  SpatialDropout1D: identity,
  SpatialDropout2D: identity,
  SpatialDropout3D: identity,
  ...Object.fromEntries(
    // Only in training; a RandomCrop crops in inference, too, and is not among them.
    [
      ...['Flip', 'Rotation', 'Zoom', 'Translation', 'Contrast', 'Brightness', 'Shear', 'Hue', 'Saturation'],
      ...['Sharpness', 'Posterization', 'ColorJitter', 'ColorDegeneration', 'Grayscale', 'Erasing', 'Invert'],
      ...['ElasticTransform', 'GaussianBlur', 'Perspective', 'Height', 'Width'],
    ].map((what) => [`Random${what}`, identity]),
  ),
  RandomWidth: randomWidth,
  RandAugment: identity,
  AugMix: identity,
  MixUp: identity,
  CutMix: identity,
}

export function refuse(layer: string, what: string): never {
  throw new RoentgenError('ROE_LAYER_UNSUPPORTED', { where: `layer '${layer}'`, what })
}
