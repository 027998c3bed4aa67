/** A model whose maps are known: of 'bright' the brightness of each of 8 x 8 places of a film, of 'dark' its opposite. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { convert } from '../../converters/index.ts'
import type { Preprocessing } from '../../src/image/film.ts'
import { MAPS_OUTPUT } from '../../src/infer/maps-output.ts'

const PLACES = 8

/** @param side  of the model's input, a multiple of 8 */
export const preprocessingFor = (
  side: number,
  how: 'stretch' | 'pad' | 'crop' = 'stretch',
): Preprocessing => ({
  version: 1,
  steps: [
    { op: 'window' },
    { op: 'bars', rule: 'robust' },
    { op: 'fit', how, width: side, height: side, kernel: 'cv2-area' },
    { op: 'channels', count: 3, luma: 'rec601' },
  ],
})

/** Writes it. @param withMaps  whether it gives them, too */
export async function brightnessModel(
  path: string,
  preprocessing: Preprocessing,
  withMaps = true,
): Promise<void> {
  const side = preprocessing.steps.find((step) => step.op === 'fit')!.width
  const facts = { labels: ['bright', 'dark'], activation: 'softmax', preprocessing }
  await convert(
    ([film]) => {
      const grey = tf.mean(tf.div(tf.cast(film!, 'float32'), 255), 3, true) as tf.Tensor4D
      const places = tf.avgPool(grey, side / PLACES, side / PLACES, 'valid')
      const maps = tf.transpose(tf.concat([places, tf.neg(places)], 3), [0, 3, 1, 2])
      const sums = tf.sub(tf.mean(maps, [2, 3]), tf.tensor1d([0.5, -0.5]))
      const shares = tf.softmax(tf.mul(sums, 10) as tf.Tensor2D)
      return withMaps ? [shares, maps] : shares
    },
    path,
    {
      inputs: [{ name: 'film', dtype: 'uint8', shape: [null, side, side, 3] }],
      outputs: withMaps ? ['probabilities', MAPS_OUTPUT] : ['probabilities'],
      metadata: new Map([
        ['roentgen.version', '1'],
        ['roentgen.kind', 'classifier'],
        ...Object.entries(facts).map(([key, value]) => [`roentgen.${key}`, JSON.stringify(value)] as const),
      ]),
    },
  )
}
