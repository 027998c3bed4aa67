/** The process in which a network of a suite is built, converted and compared with tfjs: see `model.ts`. */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { answerRequests } from '../../../converters/apart.ts'
import { convert } from '../../../converters/index.ts'
import { BACKBONES } from '../../../models/index.ts'
import { buildNetwork } from '../../train/network.ts'
import { preprocessingOf } from '../../train/recipes.ts'
import type { ModelRequest } from './model.ts'

/** What a head without training tells apart is nothing; the columns of its scores need names. */
const LABELS = ['negative', 'positive']

answerRequests<ModelRequest>(async ({ backbone, size, weights, seed, precision, path, training }) => {
  tf.enableProdMode()
  await tf.setBackend('cpu')
  const side = { width: size, height: size }
  const whole = { alpha: undefined, featuresAt: undefined, cutoff: undefined, head: 'gap' } as const
  const { scaling } = BACKBONES[backbone]
  const network = await buildNetwork({
    ...{ backbone, weights, seed, scaling },
    ...side,
    ...whole,
    classes: LABELS.length,
  })
  const preprocessing = preprocessingOf({ bars: 'none', how: 'stretch', kernel: 'cv2-linear', ...side })
  const json = { labels: LABELS, activation: 'softmax', preprocessing, training }
  await convert(network.whole, path, {
    inputs: [network.input],
    outputs: ['probabilities'],
    layers: network.model.layers,
    metadata: new Map([
      ['roentgen.version', '1'],
      ['roentgen.kind', 'classifier'],
      ...Object.entries(json).map(([key, value]) => [`roentgen.${key}`, JSON.stringify(value)] as const),
    ]),
    precision,
    // The report has the difference beside the speed.
    proof: 'told',
  })
})
