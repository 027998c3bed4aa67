/** Cuts a network in two: a frozen prefix, which every film passes once, and the rest, which is trained. What crosses the
 *  cut, one tensor or several where branches cross it, is a row of numbers for each film. Layers are shared, not copied. */
import { strict as assert } from 'node:assert'
import * as tf from '@tensorflow/tfjs-core'
import { input, type LayersModel, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

type Layer = layers.Layer

export interface Cut {
  /** The network's input → what crosses the cut: [N, length], the tensors of a film side by side. */
  frozen: (x: tf.Tensor) => tf.Tensor
  /** What crosses, tensor by tensor → the network's output. All of its layers may be trained. */
  rest: LayersModel
  /** Numbers that a film is at the cut. */
  length: number
}

/** @param net     one input, one output, every layer called once
 *  @param frozen  names of the layers that are not trained, with all that stand before them; none behind the cut, so that
 *    what they do in training (a BatchNormalization moves its statistics) cannot happen */
export function cutNetwork(net: LayersModel, frozen: ReadonlySet<string>): Cut {
  const before = widest(net, frozen)
  const crossing = crossingOf(net, before)
  const first = model({ inputs: net.inputs, outputs: crossing.map(outputOf) })
  return {
    frozen: (x) => joined([first.apply(x) as tf.Tensor | tf.Tensor[]].flat(), crossing),
    rest: restOf(net, before, crossing),
    length: lengthOf(crossing),
  }
}

/** Rows of what crosses a cut, as the inputs of `rest`; the caller disposes them. @param rows  [count, length], row-major */
export function inputsOf(rest: LayersModel, rows: Float32Array, count: number): tf.Tensor[] {
  const shapes = rest.inputs.map(({ shape }) => shape.slice(1) as number[])
  if (shapes.length === 1) return [tf.tensor(rows, [count, ...shapes[0]!])]
  return tf.tidy(() => {
    const sizes = shapes.map(sizeOf)
    const parts = tf.split(tf.tensor2d(rows, [count, rows.length / count]), sizes, 1)
    return parts.map((part, i) => tf.reshape(part, [count, ...shapes[i]!]))
  })
}

/** The layers that a film passes before the cut: the frozen ones, and those behind them that have no weights and do the
 *  same in training (pooling, flattening), as far as they do not make more numbers cross. */
function widest(net: LayersModel, frozen: ReadonlySet<string>): Set<Layer> {
  let best = new Set(net.layers.filter(({ name }) => frozen.has(name)))
  for (const layer of best)
    assert(
      sourcesOf(layer).every((source) => best.has(source)),
      `what stands before ${layer.name} is frozen, too`,
    )
  const reached = new Set(best)
  let least = lengthOf(crossingOf(net, best))
  for (const layer of net.layers) {
    if (reached.has(layer) || !isFixed(layer) || !sourcesOf(layer).every((source) => reached.has(source)))
      continue
    reached.add(layer)
    const length = lengthOf(crossingOf(net, reached))
    if (length > least) continue
    best = new Set(reached)
    least = length
  }
  return best
}

/** Whether a layer gives the same for the same input, whatever is trained. */
const isFixed = (layer: Layer): boolean =>
  layer.weights.length === 0 && !/Dropout|Noise/.test(layer.getClassName())

/** The layers in `before` whose output is used behind it, in the network's order. */
function crossingOf(net: LayersModel, before: ReadonlySet<Layer>): Layer[] {
  const used = new Set(net.layers.filter((layer) => !before.has(layer)).flatMap(sourcesOf))
  return net.layers.filter((layer) => before.has(layer) && used.has(layer))
}

function restOf(net: LayersModel, before: ReadonlySet<Layer>, crossing: readonly Layer[]): LayersModel {
  const values = new Map(
    crossing.map((layer) => [layer, input({ shape: outputOf(layer).shape.slice(1) as number[] })]),
  )
  const inputs = [...values.values()]
  for (const layer of net.layers.filter((layer) => !before.has(layer))) {
    const [first, ...others] = sourcesOf(layer).map((source) => values.get(source)!)
    values.set(layer, layer.apply(others.length === 0 ? first! : [first!, ...others]) as SymbolicTensor)
  }
  return model({ inputs, outputs: values.get(net.layers.at(-1)!)! })
}

/** Tensors [N, …] of the crossing layers as one matrix. */
function joined(tensors: readonly tf.Tensor[], crossing: readonly Layer[]): tf.Tensor {
  const rows = tensors.map((tensor, i) =>
    tensor.rank === 2 ? tensor : tf.reshape(tensor, [-1, lengthOf([crossing[i]!])]),
  )
  return rows.length === 1 ? rows[0]! : tf.concat(rows, 1)
}

/** How a layer was called in the network that it was made for; that was before it was called for `rest`. */
function callOf(layer: Layer): Layer['inboundNodes'][number] {
  const [call] = layer.inboundNodes
  assert(call?.outputTensors.length === 1, `${layer.name} gives one tensor`)
  return call
}

const sourcesOf = (layer: Layer): Layer[] => callOf(layer).inboundLayers
const outputOf = (layer: Layer): SymbolicTensor => callOf(layer).outputTensors[0]!

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1)
const lengthOf = (crossing: readonly Layer[]): number =>
  crossing.reduce((sum, layer) => sum + sizeOf(outputOf(layer).shape.slice(1) as number[]), 0)
