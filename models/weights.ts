/** Puts named tensors into a model, by layer name. Reading them from files is not its matter (`converters/read`). */
import { strict as assert } from 'node:assert'
import { tensor, tidy } from '@tensorflow/tfjs-core'
import type { LayersModel, layers } from '@tensorflow/tfjs-layers'
import { RoentgenError } from '../errors.ts'

/** Row-major values of one weight. */
export interface WeightTensor {
  shape: readonly number[]
  data: Float32Array | Int32Array
}

type Variable = layers.Layer['weights'][number]

/** Each weight of a model, or of some layers of one, by its key `layer/weight`, in the order of the layers.
 *  The layers of a model inside a model are not opened. */
export function weightsByKey(model: Pick<LayersModel, 'layers'>): Map<string, Variable> {
  const entries = model.layers.flatMap((layer) =>
    layer.weights.map((weight) => [keyOf(layer.name, weight), weight] as const),
  )
  const found = new Map(entries)
  assert.equal(found.size, entries.length, 'two weights of a model have one key')
  return found
}

/** Fills every weight of a model, or of some layers of one; nothing is changed unless all fit.
 *  @param tensors  keyed as `layer/weight`, e.g. `conv1/kernel`
 *  @param where  what the user calls them (a path), for errors
 *  @returns the keys that the model does not have (a top, an optimizer's state), in the order given
 *  @throws ROE_WEIGHTS_MISSING, ROE_WEIGHTS_SHAPE; each names all weights that it is about */
export function applyWeights(
  model: Pick<LayersModel, 'layers'>,
  tensors: ReadonlyMap<string, WeightTensor>,
  where = 'weights',
): string[] {
  const wanted = weightsByKey(model)
  const missing = [...wanted.keys()].filter((key) => !tensors.has(key))
  if (missing.length > 0) throw new RoentgenError('ROE_WEIGHTS_MISSING', { where, names: missing })

  const pairs = [...wanted].map(([key, weight]) => [key, weight, tensors.get(key) as WeightTensor] as const)
  const mismatches = pairs.flatMap(([key, weight, given]) =>
    sameShape(weight.shape, given.shape)
      ? []
      : [`${key} is ${shapeText(given.shape)}, the network has ${shapeText(weight.shape)}`],
  )
  if (mismatches.length > 0) throw new RoentgenError('ROE_WEIGHTS_SHAPE', { where, mismatches })

  for (const [key, weight, given] of pairs) write(key, weight, given)
  return [...tensors.keys()].filter((key) => !wanted.has(key))
}

/** Whether every weight of a model has its tensor by name: so it is with what tfjs saved of the same network, in an order of its
 *  own, and not with names that Keras counted on. */
export const fitsByName = (model: LayersModel, tensors: ReadonlyMap<string, WeightTensor>): boolean =>
  [...weightsByKey(model)].every(([key, { shape }]) => {
    const given = tensors.get(key)
    return given !== undefined && sameShape(shape, given.shape)
  })

/** Fills every weight of a model by order: the first tensor is the first weight of the first layer, whatever they are
 *  called. Nothing is changed unless all fit.
 *  @param tensors  in the order of the file, which is that of the layers
 *  @returns the keys of what is left over at the end (a top)
 *  @throws ROE_WEIGHTS_MISSING, or ROE_WEIGHTS_SHAPE with the first place that differs */
export function applyWeightsInOrder(
  model: LayersModel,
  tensors: ReadonlyMap<string, WeightTensor>,
  where = 'weights',
): string[] {
  const wanted = [...weightsByKey(model)]
  const given = [...tensors]
  wanted.forEach(([key, { shape }], i) => {
    const [name, tensor] = given[i] ?? []
    if (tensor === undefined || sameShape(shape, tensor.shape)) return
    const place = `tensor ${i + 1} of the file, ${name}, is ${shapeText(tensor.shape)}`
    const mismatches = [`${place}, ${key} of the network has ${shapeText(shape)}`]
    throw new RoentgenError('ROE_WEIGHTS_SHAPE', { where, mismatches })
  })
  const missing = wanted.slice(given.length).map(([key]) => key)
  if (missing.length > 0) throw new RoentgenError('ROE_WEIGHTS_MISSING', { where, names: missing })
  wanted.forEach(([key, weight], i) => {
    write(key, weight, given[i]![1])
  })
  return given.slice(wanted.length).map(([key]) => key)
}

function write(key: string, weight: Variable, { shape, data }: WeightTensor): void {
  const length = shape.reduce((a, b) => a * b, 1)
  assert.equal(data.length, length, `${key}: the values do not fill the shape`)
  const values = data instanceof Float32Array ? data : Float32Array.from(data)
  tidy(() => {
    weight.write(tensor(values, [...shape], 'float32'))
  })
}

/** tfjs makes variable names unique over the whole process; only the last part of the original name is the weight's. */
const keyOf = (layer: string, weight: Variable): string =>
  `${layer}/${weight.originalName.slice(weight.originalName.lastIndexOf('/') + 1)}`

const sameShape = (a: readonly (number | null)[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i])

const shapeText = (shape: readonly (number | null)[]): string => `[${shape.join(', ')}]`
