/** Class activation maps: where they come from, and that they are what they are said to be. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import {
  type BackboneName,
  buildBackbone,
  findMapSource,
  type HeadName,
  headLayers,
  type MapSource,
  withMaps,
} from '../../models/index.ts'
import { pixels } from './formula.ts'

/** A backbone as `train` builds it. */
function network(backbone: BackboneName, head: HeadName, side = 32): LayersModel {
  const trunk = buildBackbone(backbone, { includeTop: false, inputShape: [side, side, 3], seed: 1 })
  const featureShape = trunk.outputs[0]!.shape.slice(1) as [number, number, number]
  const { frozen, trainable } = headLayers(head, { classes: 3, seed: 2, featureShape })
  const outputs = [...frozen, ...trainable].reduce(
    (x, layer) => layer.apply(x) as SymbolicTensor,
    trunk.outputs[0]!,
  )
  return model({ inputs: trunk.inputs, outputs })
}

const sourceOf = (net: LayersModel): MapSource => {
  const found = findMapSource(net.outputs[0]!)
  if ('lacks' in found) throw new Error(found.lacks)
  return found
}

const dense = (units: number, activation: 'softmax' | 'sigmoid' | 'relu' | 'linear' = 'softmax') =>
  layers.dense({ units, activation, name: 'dense' })
const conv = (more: object = {}) =>
  layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', name: 'conv', ...more })
const gap = () => layers.globalAveragePooling2d({ name: 'gap' })
const inputShape = [9, 11, 2]

describe('the map is the last before the pooling', () => {
  test('of VGG16 block5_conv3, one pooling before the maps that the weights belong to', () => {
    const { map, dense: last, poolings } = sourceOf(network('vgg16', 'gap'))
    expect([map.name, last.name, poolings]).toEqual(['block5_conv3', 'dense', ['block5_pool']])
  })

  test.each(['mobilenet', 'mobilenetv2', 'squeezenet'] as const)('of %s what is averaged', (name) => {
    const net = network(name, 'gap')
    const { map, poolings } = sourceOf(net)
    expect(poolings).toEqual([])
    const averaged = net.layers.at(-2)!.inboundNodes[0]!.inboundLayers[0]!
    expect(map.name).toBe(averaged.name)
  })

  test('of a network in a network, and of a Sequential', () => {
    const trunk = sequential({
      layers: [conv({ inputShape }), layers.maxPooling2d({ poolSize: 2, name: 'pool' })],
    })
    const net = sequential({ layers: [trunk, gap(), layers.dropout({ rate: 0.5 }), dense(3)] })
    expect(sourceOf(net)).toMatchObject({
      map: { name: 'conv' },
      dense: { name: 'dense' },
      poolings: ['pool'],
    })
  })

  test('with the activation as a layer of its own', () => {
    const end = [dense(3, 'linear'), layers.activation({ activation: 'softmax' })]
    expect(sourceOf(sequential({ layers: [conv({ inputShape }), gap(), ...end] })).map.name).toBe('conv')
  })
})

describe('a network has no maps', () => {
  const CASES: [what: string, layers: () => layers.Layer[], lacks: RegExp][] = [
    [
      'that ends in no Dense',
      () => [conv({ inputShape }), gap()],
      /a Dense .* at its end \('gap' is there\)/,
    ],
    ['whose last Dense bends its sum', () => [conv({ inputShape }), gap(), dense(2, 'relu')], /a Dense with/],
    [
      'that flattens',
      () => [conv({ inputShape }), layers.flatten({ name: 'flat' }), dense(2)],
      /global average pooling/,
    ],
    [
      'with a hidden layer',
      () => [conv({ inputShape }), gap(), layers.dense({ units: 5, name: 'hidden' }), dense(2)],
      /global average pooling before its last Dense \('hidden' is there\)/,
    ],
    [
      'that takes maxima',
      () => [conv({ inputShape }), layers.globalMaxPooling2d({ name: 'most' }), dense(2)],
      /'most'/,
    ],
    [
      'of channels first',
      () => [
        conv({ inputShape: [2, 9, 11], dataFormat: 'channelsFirst' }),
        layers.globalAveragePooling2d({ dataFormat: 'channelsFirst' }),
        dense(2),
      ],
      /channels last/,
    ],
  ]
  test.each(CASES)('%s', (_, made, lacks) => {
    expect(findMapSource(sequential({ layers: made() }).outputs[0]!)).toEqual({
      lacks: expect.stringMatching(lacks),
    })
  })
})

describe('the maps', () => {
  const films = () => tf.tensor4d(pixels(2 * 9 * 11 * 2), [2, 9, 11, 2])

  /** What stands before the softmax, less the bias. */
  const sumsOf = (net: LayersModel, x: tf.Tensor): number[] => {
    const { dense: last } = sourceOf(net)
    const before = model({ inputs: net.inputs, outputs: last.inboundNodes[0]!.inputTensors })
    return [...tf.matMul(before.predict(x) as tf.Tensor2D, last.weights[0]!.read() as tf.Tensor2D).dataSync()]
  }

  test('have the mean over their places that stands before the softmax, where no other pooling follows', () => {
    const net = sequential({ layers: [conv({ inputShape }), gap(), dense(3)] })
    const [y, maps] = withMaps((x) => net.apply(x) as tf.Tensor, sourceOf(net))([films()]) as tf.Tensor[]
    expect([y!.shape, maps!.shape]).toEqual([
      [2, 3],
      [2, 3, 7, 9],
    ])
    expect([...y!.dataSync()]).toEqual([...(net.predict(films()) as tf.Tensor).dataSync()])
    const means = tf.mean(maps!, [2, 3]).dataSync()
    for (const [i, sum] of sumsOf(net, films()).entries()) expect(means[i]).toBeCloseTo(sum, 5)
  })

  test('are the weights times the map, place by place, and leave no tensor behind', () => {
    const net = sequential({
      layers: [conv({ inputShape }), layers.maxPooling2d({ poolSize: 2 }), gap(), dense(3)],
    })
    const x = films()
    const { map, dense: last } = sourceOf(net)
    const values = (
      model({ inputs: net.inputs, outputs: map.output as SymbolicTensor }).predict(x) as tf.Tensor4D
    ).arraySync()
    const weights = (last.weights[0]!.read() as tf.Tensor2D).arraySync()
    const before = tf.memory().numTensors
    const [y, maps] = withMaps((all) => net.apply(all) as tf.Tensor, sourceOf(net))([x]) as tf.Tensor[]
    expect(tf.memory().numTensors).toBe(before + 2)
    const at = (maps as tf.Tensor4D).arraySync()[1]![2]![4]![5]!
    expect(at).toBeCloseTo(
      values[1]![4]![5]!.reduce((sum, value, c) => sum + value * weights[c]![2]!, 0),
      5,
    )
    expect(Object.hasOwn(map, 'call')).toBe(false)
    tf.dispose([y!, maps!])
  })
})
