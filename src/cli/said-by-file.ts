/** What an ONNX file was given in front of the model that it was made of, told by the file: its metadata say the scaling,
 *  its inputs and outputs the rest. Files of other programs say nothing, and then nothing is taken for granted. */
import type { OnnxFile } from '../../converters/open-onnx.ts'
import type { Runnable } from '../../converters/runnable.ts'
import { SCALINGS, type ScalingName } from '../../models/scaling.ts'
import { MAPS_OUTPUT } from '../infer/maps-output.ts'
import type { SaidFacts } from './convert-facts.ts'
import { layoutOf } from './film-options.ts'

/** What the model must be given, too, to be compared with the file.
 *  @param given  by the user, which counts first: then the file's inputs tell the rest, whoever wrote it */
export function saidByFile(
  { header: { metadata }, ...file }: OnnxFile,
  model: Pick<Runnable, 'inputs' | 'outputs'>,
  given: SaidFacts,
): SaidFacts {
  const isOurs = metadata.has('roentgen.version')
  const hasMaps = (outputs: readonly string[]): boolean => outputs.includes(MAPS_OUTPUT)
  const cam = isOurs && hasMaps(file.outputs) && !hasMaps(model.outputs)
  const isTold = isOurs || Object.keys(given).length > 0
  const scaling = given.scaling ?? scalingOf(metadata)
  return { ...(isTold && saidOfInput(file, model, scaling)), ...(cam && { cam }), ...given }
}

function saidOfInput(
  { inputs: [taken, ...others] }: Pick<Runnable, 'inputs'>,
  { inputs: [own, ...more] }: Pick<Runnable, 'inputs'>,
  scaling: ScalingName | undefined,
): SaidFacts {
  if (taken?.shape.length !== 4 || own?.shape.length !== 4 || others.length + more.length > 0) return {}
  const [layout, ownLayout] = [layoutOf(taken.shape), layoutOf(own.shape)]
  const grey = channelsOf(taken.shape) === 1 && channelsOf(own.shape) === 3
  const isSame = taken.dtype === own.dtype && layout === ownLayout && !grey
  if (isSame && scaling === undefined) return {}
  return { scaling, input: taken.dtype === 'uint8' ? 'u8' : 'f32', layout, ...(grey && { grey }) }
}

const channelsOf = (shape: readonly (number | null)[]) => shape[layoutOf(shape) === 'nhwc' ? 3 : 1]

/** What `convert` and `train` wrote of it; undefined where the model was given no scaling. */
function scalingOf(metadata: ReadonlyMap<string, string>): ScalingName | undefined {
  const said = ['roentgen.source', 'roentgen.training'].map((key) => objectIn(metadata.get(key)).scaling)
  return said.find((name): name is ScalingName => typeof name === 'string' && Object.hasOwn(SCALINGS, name))
}

/** Whether it may give both classes of a model that gives the probability of the second alone. */
export function mayBePair({ header: { metadata, outputs } }: OnnxFile): boolean {
  const labels = objectIn(metadata.get('roentgen.labels'))
  return Array.isArray(labels) && labels.length === 2 && outputs[0]?.shape[1] === 2
}

/** Metadata of a file from elsewhere may be anything. */
function objectIn(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
