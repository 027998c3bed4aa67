/** Each scaling gives what its weights were trained with; figures by keras.applications.imagenet_utils. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { SCALINGS, type ScalingName } from '../../models/index.ts'

beforeAll(async () => {
  tf.enableProdMode()
  await tf.setBackend('cpu')
})

/** One pixel: red 0, green 127.5, blue 255. */
const EXPECTED: Record<ScalingName, number[]> = {
  unit: [0, 0.5, 1],
  tf: [-1, 0, 1],
  // preprocess_input(x, mode='caffe'): blue, green, red, less 103.939, 116.779, 123.68
  caffe: [151.061, 10.721, -123.68],
  // preprocess_input(x, mode='torch'): less 0.485, 0.456, 0.406, by 0.229, 0.224, 0.225
  torch: [-2.117904, 0.196429, 2.64],
  none: [0, 127.5, 255],
}

describe('scaling', () => {
  for (const [name, { apply }] of Object.entries(SCALINGS)) {
    it(`${name} maps red 0, green 127.5, blue 255`, () => {
      const values = tf.tidy(() => apply(tf.tensor4d([0, 127.5, 255], [1, 1, 1, 3])).dataSync())
      EXPECTED[name as ScalingName].forEach((value, i) => {
        expect(values[i]).toBeCloseTo(value, 4)
      })
    })
  }
})
