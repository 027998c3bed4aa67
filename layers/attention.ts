/** Attention of Keras, and its dense layer by an equation, in inference. No masks: a call with one is refused. */
import * as tf from '@tensorflow/tfjs-core'
import { activationOf, type Config, type OwnLayer, registerLayer, type Shape } from './own-layer.ts'

/** [batch, queries, keys] by dot products: the values that answer to each query. @source keras.layers.Attention */
const attention: OwnLayer = {
  weights: ({ useScale }) => (useScale === true ? [['scale', []]] : []),
  shape: (_, [query, value]) => [...query.slice(0, -1), value?.at(-1) ?? null],
  call: ([query, value, key = value!], { scale }) => {
    const scores = tf.matMul(query, key, false, true)
    return tf.matMul(tf.softmax(scale === undefined ? scores : tf.mul(scores, scale)), value!)
  },
}

/** The same by sums of tanh. @source keras.layers.AdditiveAttention */
const additiveAttention: OwnLayer = {
  weights: ({ useScale }, [query]) => (useScale === false ? [] : [['scale', [query.at(-1) as number]]]),
  shape: attention.shape!,
  call: ([query, value, key = value!], { scale }) => {
    const sums = tf.tanh(tf.add(tf.expandDims(query, 2), tf.expandDims(key, 1)))
    const scores = tf.sum(scale === undefined ? sums : tf.mul(sums, scale), -1)
    return tf.matMul(tf.softmax(scores), value!)
  },
}

interface Heads {
  heads: number
  keys: number
  values: number
}

const headsOf = ({ numHeads, keyDim, valueDim }: Config): Heads => ({
  heads: Number(numHeads),
  keys: Number(keyDim),
  values: Number(valueDim ?? keyDim),
})

const widthOf = ({ outputShape }: Config, query: Shape): number =>
  Number([outputShape ?? query.at(-1)].flat()[0])

/** Several attentions beside each other. @source keras.layers.MultiHeadAttention */
const multiHeadAttention: OwnLayer = {
  weights: (config, [query, value = query, key = value]) => {
    const { heads, keys, values } = headsOf(config)
    const width = widthOf(config, query)
    const pair = (name: string, kernel: number[], bias: number[]): [string, number[]][] => [
      [`${name}/kernel`, kernel],
      ...(config.useBias === false ? [] : [[`${name}/bias`, bias] as [string, number[]]]),
    ]
    return [
      ...pair('query', [query.at(-1) as number, heads, keys], [heads, keys]),
      ...pair('key', [key.at(-1) as number, heads, keys], [heads, keys]),
      ...pair('value', [value.at(-1) as number, heads, values], [heads, values]),
      ...pair('attention_output', [heads, values, width], [width]),
    ]
  },
  shape: (config, [query]) => [...query.slice(0, -1), widthOf(config, query)],
  call: ([query, value = query, key = value], weights, config) => {
    const { keys } = headsOf(config)
    const project = (x: tf.Tensor, name: string): tf.Tensor => {
      const [features, heads, size] = weights[`${name}/kernel`]!.shape as [number, number, number]
      const steps = x.shape[1]!
      const kernel = tf.reshape(weights[`${name}/kernel`]!, [features, heads * size])
      const flat = tf.matMul(tf.reshape(x, [-1, features]), kernel)
      const bias = weights[`${name}/bias`]
      const summed = bias === undefined ? flat : tf.add(flat, tf.reshape(bias, [heads * size]))
      return tf.transpose(tf.reshape(summed, [-1, steps, heads, size]), [0, 2, 1, 3])
    }
    const asked = tf.mul(project(query, 'query'), 1 / Math.sqrt(keys))
    const shares = tf.softmax(tf.matMul(asked, project(key, 'key'), false, true))
    const answers = tf.transpose(tf.matMul(shares, project(value, 'value')), [0, 2, 1, 3])
    const kernel = weights['attention_output/kernel']!
    const [heads, size, width] = kernel.shape as [number, number, number]
    const flat = tf.matMul(tf.reshape(answers, [-1, heads * size]), tf.reshape(kernel, [heads * size, width]))
    const bias = weights['attention_output/bias']
    return tf.reshape(bias === undefined ? flat : tf.add(flat, bias), [-1, query.shape[1]!, width])
  },
}

/** The sizes that the letters of an equation stand for. */
function einsumSizes(config: Config, input: Shape): { kernel: number[]; output: Shape; bias: number[] } {
  const [left = '', out = ''] = String(config.equation).split('->')
  const [given = '', kernel = ''] = left.split(',')
  const sizes = new Map<string, number | null>([...given].map((letter, i) => [letter, input[i] ?? null]))
  const wanted = [config.outputShape].flat() as (number | null)[]
  const inner = [...out].slice(out.length - wanted.length)
  for (const [i, letter] of inner.entries()) if (wanted[i] != null) sizes.set(letter, wanted[i])
  const sizeOf = (letter: string): number | null => sizes.get(letter) ?? null
  const biasAxes = String(config.biasAxes ?? '')
  const first = Math.min(...[...biasAxes].map((letter) => out.indexOf(letter)))
  return {
    kernel: [...kernel].map(sizeOf) as number[],
    output: [...out].map(sizeOf),
    bias:
      biasAxes === ''
        ? []
        : ([...out.slice(first)].map((l) => (biasAxes.includes(l) ? sizeOf(l) : 1)) as number[]),
  }
}

/** @source keras.layers.EinsumDense */
const einsumDense: OwnLayer = {
  weights: (config, [shape]) => {
    const { kernel, bias } = einsumSizes(config, shape)
    return [['kernel', kernel], ...(bias.length === 0 ? [] : [['bias', bias] as [string, number[]]])]
  },
  shape: (config, [shape]) => einsumSizes(config, shape).output,
  call: ([x], { kernel, bias }, config) => {
    const sum = tf.einsum(String(config.equation), x, kernel!)
    return activationOf(config)(bias === undefined ? sum : tf.add(sum, bias))
  },
}

registerLayer('RoentgenAttention', attention)
registerLayer('RoentgenAdditiveAttention', additiveAttention)
registerLayer('RoentgenMultiHeadAttention', multiHeadAttention)
registerLayer('RoentgenEinsumDense', einsumDense)
