/** Writes the models that `bench/own/score*` and `bench/peers/score` run: three classes, grey films of 224 x 224 as bytes,
 *  weights from a seed (what is measured does not depend on them). With --folds 10 each model ten times, with other weights,
 *  as NAME-0.onnx to NAME-9.onnx. Run: node dist/scripts/make-score-models.js FOLDER [--models mobilenet-0.25,vgg16] */
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { convert } from '../converters/index.ts'
import type { Kernel, Preprocessing } from '../src/image/film.ts'
import { buildNetwork } from '../src/train/network.ts'

const MODELS = {
  'mobilenet-0.25': { backbone: 'mobilenet', alpha: 0.25, kernel: 'cv2-area' },
  'mobilenet-0.25-pil': { backbone: 'mobilenet', alpha: 0.25, kernel: 'pil-bilinear' },
  'mobilenet-1.0': { backbone: 'mobilenet', alpha: 1, kernel: 'cv2-area' },
  vgg16: { backbone: 'vgg16', alpha: undefined, kernel: 'cv2-area' },
} as const

const SIZE = 224
const LABELS = ['covid', 'normal', 'pneumonia']

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { models: { type: 'string', default: Object.keys(MODELS).join() }, folds: { type: 'string' } },
})

const preprocessingWith = (kernel: Kernel): Preprocessing => ({
  version: 1,
  steps: [
    { op: 'window' },
    { op: 'fit', how: 'stretch', width: SIZE, height: SIZE, kernel },
    { op: 'channels', count: 1, luma: 'rec601' },
  ],
})
const METADATA = [
  ['roentgen.version', '1'],
  ['roentgen.kind', 'classifier'],
  ['roentgen.labels', JSON.stringify(LABELS)],
  ['roentgen.activation', JSON.stringify('softmax')],
] as const

const folder = positionals[0] ?? '.'
for (const name of values.models.split(',')) {
  const row = MODELS[name as keyof typeof MODELS]
  assert(row !== undefined, `--models has some of ${Object.keys(MODELS).join(', ')}`)
  if (values.folds === undefined) await write(row, 1, join(folder, `${name}.onnx`))
  else for (let k = 0; k < Number(values.folds); k++) await write(row, k, join(folder, `${name}-${k}.onnx`))
}

async function write(
  { kernel, ...network }: (typeof MODELS)[keyof typeof MODELS],
  seed: number,
  path: string,
) {
  const cut = { featuresAt: undefined, cutoff: undefined }
  const rest = { weights: null, ...cut, head: 'gap', scaling: 'tf', seed } as const
  const { whole, model } = await buildNetwork({
    ...network,
    ...rest,
    width: SIZE,
    height: SIZE,
    classes: LABELS.length,
  })
  const grey = ([films]: tf.Tensor[]): tf.Tensor =>
    whole([tf.tile(tf.cast(films as tf.Tensor4D, 'float32'), [1, 1, 1, 3])])
  await convert(grey, path, {
    inputs: [{ name: 'film', dtype: 'uint8', shape: [null, SIZE, SIZE, 1] }],
    outputs: ['probabilities'],
    layers: model.layers,
    metadata: new Map([...METADATA, ['roentgen.preprocessing', JSON.stringify(preprocessingWith(kernel))]]),
    proof: 'none',
  })
}
