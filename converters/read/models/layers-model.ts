/** A LayersModel out of a topology and named weights, whatever file they came from. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { disposeInitial } from '../../../layers/index.ts'
import type { NamedTensor } from '../../tensor.ts'
import type { LayerEntry } from './keras-config.ts'
import type { BareModel, Part } from './model.ts'
import { withinBudget } from './weight-budget.ts'

export type Variable = tfl.layers.Layer['weights'][number]

/** Builds the layers with zeros for weights.
 *  @param topology  in the words of tfjs-layers: see `translateModel`
 *  @throws Error whose message is tfjs's */
async function buildModel(topology: LayerEntry): Promise<tfl.LayersModel> {
  const before = new Set(Object.keys(variables()))
  try {
    return await tfl.loadLayersModel({ load: async () => ({ modelTopology: topology }) })
  } catch (error) {
    // The weights of the layers that were built until then belong to no model.
    for (const [name, variable] of Object.entries(variables())) if (!before.has(name)) variable.dispose()
    throw error
  } finally {
    disposeInitial()
  }
}

const variables = (): Record<string, tf.Variable> => tf.engine().state.registeredVariables

/** Builds the layers and fills them; what was built is given back when it cannot be filled.
 *  @param tensors  all that the file holds: layers do not grow beyond it */
export async function buildFilled(
  topology: LayerEntry,
  tensors: readonly NamedTensor[],
  fill: (model: tfl.LayersModel) => void,
): Promise<BareModel> {
  const model = await withinBudget(tensors, () => buildModel(topology))
  try {
    fill(model)
    callApart(model.layers)
    return layersModel(model)
  } catch (error) {
    disposeAll(model)
    throw error
  }
}

/** tfjs hands one object of arguments from layer to layer, so that a mask or an initial state stays for those after. */
function callApart(all: readonly tfl.layers.Layer[]): void {
  for (const layer of all) {
    if ('layers' in layer) callApart(layer.layers as tfl.layers.Layer[])
    const apply = layer.apply.bind(layer)
    layer.apply = (inputs, kwargs) => {
      const output = apply(inputs, kwargs)
      delete kwargs?.mask
      delete kwargs?.initialState
      return output
    }
  }
}

/** Gives a weight its values. @throws Error where the shapes differ */
export function assign(variable: Variable, name: string, { shape, data }: NamedTensor): void {
  if (String(shape) !== String(variable.shape))
    throw new Error(`weight '${name}' has shape [${shape}], its layer has [${variable.shape}]`)
  const tensor = tf.tensor(data, [...shape], 'float32')
  variable.write(tensor)
  tensor.dispose()
}

/** Fills a whole model by the names that tfjs gives its weights, as tfjs does.
 *  @throws Error that names what is missing, too much, or there twice */
export function assignByName(model: tfl.LayersModel, tensors: readonly [string, NamedTensor][]): void {
  const open = new Map<string, Variable>()
  for (const variable of model.layers.flatMap((layer) => layer.weights)) {
    if (open.has(variable.originalName)) throw new Error(`two weights are called '${variable.originalName}'`)
    open.set(variable.originalName, variable)
  }
  // Names that fit as they are first: what is left then fits without what was added to it, or not at all.
  const isExact = ([name]: readonly [string, NamedTensor]): boolean => open.has(name)
  const exact = tensors.filter(isExact)
  const others = tensors.filter((tensor) => !isExact(tensor))
  for (const [name, tensor] of [...exact, ...others]) {
    const key = [name, ...shorterNames(name)].find((candidate) => open.has(candidate))
    if (key === undefined) throw new Error(`no layer has a weight '${name}'`)
    assign(open.get(key)!, name, tensor)
    open.delete(key)
  }
  const [missing] = open.keys()
  if (missing !== undefined) throw new Error(`${open.size} weights are missing: '${missing}' …`)
}

/** What a name may be without the name of a recurrent cell (TensorFlow 2.2), or without the count of a layer that was made
 *  several times in one process (`conv2d_1_6/kernel` of conv2d_1). */
function shorterNames(name: string): string[] {
  const parts = name.split('/')
  return [
    [...parts.slice(0, -2), parts.at(-1)].join('/'),
    [parts[0]!.replace(/_\d+$/, ''), ...parts.slice(1)].join('/'),
  ]
}

const sizeOf = (shape: readonly (number | null)[]): number =>
  shape.reduce<number>((product, size) => product * (size ?? 1), 1)

/** What the recorder and the reader of a model need of it. */
export function layersModel(model: tfl.LayersModel): BareModel {
  const names = unique(
    model.inputs.map(({ sourceLayer }) => sourceLayer.name),
    [],
  )
  const inputs = model.inputs.map((input, i) => ({
    name: names[i]!,
    dtype: input.dtype === 'int32' ? ('int32' as const) : ('float32' as const),
    shape: input.shape,
  }))
  const parts = leaves(model.layers).map(partOf)
  return {
    run: (tensors) => model.apply(tensors.length === 1 ? tensors[0]! : tensors) as tf.Tensor | tf.Tensor[],
    inputs,
    outputs: unique(
      model.outputs.map(({ sourceLayer }) => sourceLayer.name),
      names,
    ),
    layers: model.layers,
    ends: model.outputs,
    parts,
    parameters: parts.reduce((sum, { parameters }) => sum + parameters, 0),
    dispose: () => disposeAll(model),
  }
}

/** tfjs itself forgets the weights of a Sequential in a model. */
function disposeAll(model: tfl.LayersModel): void {
  const weights = model.layers.flatMap((layer) => layer.weights.map((weight) => weight.read()))
  model.dispose()
  tf.dispose(weights)
}

/** A layer that gives several outputs names them all the same. */
export function unique(names: readonly string[], taken: readonly string[]): string[] {
  const seen = new Set(taken)
  return names.map((name) => {
    let free = name
    for (let i = 1; seen.has(free); i++) free = `${name}_${i}`
    seen.add(free)
    return free
  })
}

const leaves = (all: readonly tfl.layers.Layer[]): tfl.layers.Layer[] =>
  all.flatMap((layer) => ('layers' in layer ? leaves(layer.layers as tfl.layers.Layer[]) : [layer]))

function partOf(layer: tfl.layers.Layer): Part {
  const shape = outputShape(layer)
  return {
    name: layer.name,
    type: layer.getClassName().replace(/^Roentgen/, ''),
    shape,
    parameters: layer.weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0),
  }
}

/** undefined where a layer is called several times, with shapes of its own each, or gives several outputs. */
function outputShape(layer: tfl.layers.Layer): (number | null)[] | undefined {
  try {
    const shape = layer.outputShape
    return Array.isArray(shape[0]) ? undefined : (shape as (number | null)[])
  } catch {
    return undefined
  }
}
