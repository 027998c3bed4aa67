import { describe, expect, test } from 'vitest'
import { layerWeightKeys, weightKey } from '../../../converters/read/weight-key.ts'

describe('a name in a file becomes layer/weight', () => {
  const CASES: [string, string, string][] = [
    ['tfjs', 'conv1/kernel', 'conv1/kernel'],
    ['Keras 2', 'conv1/conv1/kernel:0', 'conv1/kernel'],
    ['Keras 2, weights alone', 'conv_dw_1/depthwise_kernel:0', 'conv_dw_1/depthwise_kernel'],
    ['a model in a model', 'sequential_1/Conv1/kernel:0', 'sequential_1/Conv1/kernel'],
    ['Keras 1 kernel', 'block1_conv1_W_1:0', 'block1_conv1/kernel'],
    ['Keras 1 bias', 'fc1_b_1:0', 'fc1/bias'],
    ['Keras 1 under its layer', 'block1_conv1/block1_conv1_W_1:0', 'block1_conv1/kernel'],
    ['Keras 1 normalisation', 'bn_running_mean:0', 'bn/moving_mean'],
    ['a layer that only looks like Keras 1', 'conv/my_W', 'conv/my_W'],
    ['no layer at all', 'scale', 'scale'],
  ]
  test.each(CASES)('%s: %s', (_, name, key) => {
    expect(weightKey(name)).toBe(key)
  })
})

describe('weights of a layer are keyed by the name under which the file lists the layer', () => {
  const CASES: [string, string, string[], boolean | undefined, string[]][] = [
    ['made twice in one process', 'conv2d_1', ['conv2d_1_1/kernel:0'], undefined, ['conv2d_1/kernel']],
    [
      'renamed later',
      'conv1',
      ['conv2d_7/kernel:0', 'conv2d_7/bias:0'],
      false,
      ['conv1/kernel', 'conv1/bias'],
    ],
    [
      'a model, as the file says',
      'sequential',
      ['dense/kernel:0', 'dense/bias:0'],
      true,
      ['dense/kernel', 'dense/bias'],
    ],
    [
      'a model, as its weights show',
      'sequential',
      ['a/kernel:0', 'b/kernel:0'],
      undefined,
      ['a/kernel', 'b/kernel'],
    ],
    [
      'a layer of layers',
      'bidirectional',
      ['bidirectional/forward_lstm/kernel:0', 'bidirectional/backward_lstm/kernel:0'],
      false,
      ['bidirectional/forward_lstm/kernel', 'bidirectional/backward_lstm/kernel'],
    ],
    ['without weights', 'input_1', [], undefined, []],
  ]
  test.each(CASES)('%s', (_, layer, names, isModel, keys) => {
    expect(layerWeightKeys(layer, names, isModel)).toEqual(keys)
  })
})
