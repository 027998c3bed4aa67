/** What a user says of a bare model, as changes of the function that is recorded and as metadata of the file. What is not
 *  said is left out, never guessed: the model then keeps its own input. */
import * as tf from '@tensorflow/tfjs-core'
import type { ReadModel, RecordedFunction, RecordInput } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import { findMapSource, type MapSource, SCALINGS, type ScalingName, withMaps } from '../../models/index.ts'
import type { Kernel, Preprocessing } from '../image/film.ts'
import { MAPS_OUTPUT, mapsFacts } from '../infer/maps-output.ts'
import { isChannels, layoutOf } from './film-options.ts'

export interface SaidFacts {
  labels?: readonly string[] | undefined
  activation?: 'softmax' | 'sigmoid' | 'none' | undefined
  scaling?: ScalingName | undefined
  fit?: 'stretch' | 'pad' | 'crop' | undefined
  kernel?: Kernel | undefined
  input?: 'u8' | 'f32' | undefined
  layout?: 'nhwc' | 'nchw' | undefined
  /** The file takes one channel, which the model sees three times. */
  grey?: boolean | undefined
  /** The file gives class activation maps, too. */
  cam?: boolean | undefined
  /** Sizes of the one input, batch first; null for an open batch. */
  shape?: readonly (number | null)[] | undefined
  /** A module that registers the model's own layers and activations. */
  register?: string | undefined
}

/** What is recorded. */
export interface Signature {
  run: RecordedFunction
  inputs: readonly RecordInput[]
  outputs: readonly string[]
  /** Where the second output comes from, of a model that is to give its maps. */
  maps?: MapSource | undefined
}

/** The model behind the input that was asked for.
 *  @throws ROE_OPTION for what the model cannot be given */
export function withSaidInput(model: ReadModel, facts: SaidFacts): Signature {
  const inputs = withShape(model.inputs, facts.shape)
  const { run, outputs, maps } = withSaidMaps(model, facts)
  const { scaling, input: type, layout, grey = false } = facts
  const isFilm = scaling !== undefined || type !== undefined || layout !== undefined || grey
  if (!isFilm) return { run, inputs, outputs, maps }
  const [input] = inputs
  if (inputs.length !== 1 || input === undefined || input.shape.length !== 4)
    refuse('--scaling, --input, --layout and --grey', 'a model with one input of pictures', textOf(inputs))
  return { outputs, maps, ...filmSignature(run, input as RecordInput, facts) }
}

function withSaidMaps(
  { run, inputs, outputs, ends, format }: ReadModel,
  { cam = false }: SaidFacts,
): Pick<Signature, 'run' | 'outputs' | 'maps'> {
  if (!cam) return { run, outputs }
  const [end, ...others] = ends ?? refuse('--cam', 'a model that is made of layers', format)
  if (others.length > 0) refuse('--cam', 'a model with one output', outputs.join(' and '))
  if ([...inputs.map(({ name }) => name), ...outputs].includes(MAPS_OUTPUT))
    refuse('--cam', `a model without an input or output called ${MAPS_OUTPUT}`, 'one with it')
  const maps = findMapSource(end!)
  if ('lacks' in maps) return refuse('--cam', `a model with ${maps.lacks}`, format)
  return { run: withMaps(run, maps), outputs: [...outputs, MAPS_OUTPUT], maps }
}

type Shape = readonly (number | null)[]
const textOf = (inputs: readonly RecordInput[]): string =>
  inputs.map(({ shape }) => `[${shape.map((size, axis) => size ?? (axis === 0 ? 'N' : '?'))}]`).join(' and ')

const refuse = (where: string, expected: string, received: string): never => {
  throw new RoentgenError('ROE_OPTION', { where, expected, received })
}

function withShape(inputs: readonly RecordInput[], shape: Shape | undefined): readonly RecordInput[] {
  if (shape === undefined) return inputs
  const [input] = inputs
  const fits =
    inputs.length === 1 &&
    input?.shape.length === shape.length &&
    input.shape.every((size, axis) => size === null || size === shape[axis])
  if (!fits || input === undefined)
    return refuse('--shape', `sizes for an input ${textOf(inputs)}`, `[${shape.map((size) => size ?? 'N')}]`)
  return [{ ...input, shape }]
}

const NHWC_TO_NCHW = [0, 3, 1, 2]
const NCHW_TO_NHWC = [0, 2, 3, 1]

/** Scaling is written for pictures with the channels last, so the input is brought there, scaled, and on to the model. */
function filmSignature(
  run: RecordedFunction,
  input: RecordInput,
  facts: SaidFacts,
): Omit<Signature, 'outputs' | 'maps'> {
  const { scaling = 'none', input: type = facts.scaling === undefined ? 'f32' : 'u8' } = facts
  const own = layoutOf(input.shape)
  const { layout = type === 'u8' ? 'nhwc' : own } = facts
  const last = own === 'nhwc' ? input.shape : NCHW_TO_NHWC.map((axis) => input.shape[axis] as number | null)
  if (['caffe', 'torch'].includes(scaling) && last[3] !== 3)
    refuse(`--scaling ${scaling}`, 'a model with three channels', textOf([input]))
  const { grey = false } = facts
  if (grey && last[3] !== 3) refuse('--grey', 'a model with three channels', textOf([input]))
  const given = grey ? last.with(3, 1) : last
  const shape = layout === 'nhwc' ? given : NHWC_TO_NCHW.map((axis) => given[axis] as number | null)
  return {
    inputs: [{ name: input.name, dtype: type === 'u8' ? 'uint8' : 'float32', shape }],
    run: ([film]) => {
      const picture = layout === 'nhwc' ? film! : tf.transpose(film!, NCHW_TO_NHWC)
      const numbers = tf.cast(picture, 'float32') as tf.Tensor4D
      const scaled = SCALINGS[scaling].apply(grey ? tf.tile(numbers, [1, 1, 1, 3]) : numbers)
      return run([own === 'nhwc' ? scaled : tf.transpose(scaled, NHWC_TO_NCHW)])
    },
  }
}

/** Two columns for a model that gives the probability of its second class alone; what speaks for one speaks against the
 *  other. */
export const bothClasses =
  (run: RecordedFunction): RecordedFunction =>
  (inputs) => {
    const [second, maps] = [run(inputs)].flat()
    const both = tf.concat([tf.sub(1, second!), second!], -1)
    return maps === undefined ? both : [both, tf.concat([tf.neg(maps), maps], 1)]
  }

/** The `roentgen.*` entries of what was said.
 *  @throws ROE_OPTION where --fit and --kernel cannot be written as a preprocessing */
export function metadataOf(
  facts: SaidFacts,
  { inputs, maps }: Signature,
  source: Readonly<Record<string, unknown>>,
): Map<string, string> {
  const preprocessing = preprocessingOf(facts, inputs)
  const { labels, activation } = facts
  const isClassifier = labels !== undefined && activation !== 'none'
  const entries: Record<string, unknown> = {
    ...(isClassifier ? { labels, ...(activation === undefined ? {} : { activation }) } : {}),
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(maps === undefined ? {} : mapsFacts(maps)),
    source,
  }
  const kind = isClassifier ? 'classifier' : activation === 'none' ? 'features' : undefined
  return new Map([
    ['roentgen.version', '1'],
    ...(kind === undefined ? [] : [['roentgen.kind', kind] as const]),
    ...Object.entries(entries).map(([key, value]) => [`roentgen.${key}`, JSON.stringify(value)] as const),
  ])
}

function preprocessingOf(
  { fit, kernel }: SaidFacts,
  [input]: readonly RecordInput[],
): Preprocessing | undefined {
  if (fit === undefined && kernel === undefined) return undefined
  if (fit === undefined || kernel === undefined)
    return refuse(fit === undefined ? '--kernel' : '--fit', '--fit and --kernel together', 'one of them')
  const [, height, width, count] = input?.shape ?? []
  if (height === null || width === null) return refuse('--fit', 'sizes, given by --shape', textOf([input!]))
  if (input?.dtype !== 'uint8' || !height || !width || !isChannels(count))
    return refuse('--fit', 'an input of bytes, NHWC (--input u8, or --scaling)', input?.dtype ?? 'none')
  return {
    version: 1,
    steps: [
      { op: 'window' },
      { op: 'fit', how: fit, width, height, kernel },
      { op: 'channels', count: count as 1 | 3, luma: 'rec601' },
    ],
  }
}
