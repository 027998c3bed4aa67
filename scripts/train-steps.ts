/** Times training steps of a backbone with a head on one engine: the whole network, its front frozen but computed each time,
 *  as Keras does; with --rest only what stands behind the front (of a chain of layers), as `roentgen train` does, which has
 *  the front's features on disk. Prints seconds of each step, of the clock and of the cores, as JSON. Run: node dist/scripts/train-steps.js --engine tensorflow --backbone
 *  vgg16 --frozen -8 --batch 8 [--alpha 0.25] [--steps 5] [--optimizer adam|sgd] */
import { parseArgs } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { type BackboneName, buildBackbone } from '../models/index.ts'
import { seededRandom } from '../random.ts'
import { ENGINE_CHOICES, openEngine } from '../src/train/engines/engines.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'tensorflow' },
    backbone: { type: 'string', default: 'mobilenet' },
    alpha: { type: 'string' },
    frozen: { type: 'string', default: '0' },
    batch: { type: 'string', default: '8' },
    steps: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '2' },
    size: { type: 'string', default: '224' },
    optimizer: { type: 'string', default: 'adam' },
    rest: { type: 'boolean', default: false },
  },
})
const CLASSES = 3
const [size, batch, steps, warmup] = [values.size, values.batch, values.steps, values.warmup].map(Number) as [
  number,
  number,
  number,
  number,
]

/** @param frozen  layers counted from the input; below 0 all but the last */
function network(frozen: number): LayersModel {
  const trunk = buildBackbone(values.backbone as BackboneName, {
    inputShape: [size, size, 3],
    includeTop: false,
    seed: 1,
    ...(values.alpha === undefined ? {} : { alpha: Number(values.alpha) }),
  })
  for (const layer of trunk.layers.slice(0, frozen)) layer.trainable = false
  const front = values.rest ? trunk.layers.slice(0, frozen) : trunk.layers.slice(0, 1)
  const inputs = input({ shape: (front.at(-1)!.output as SymbolicTensor).shape.slice(1) })
  const head = [layers.globalAveragePooling2d({}), layers.dense({ units: CLASSES, activation: 'softmax' })]
  const outputs = [...trunk.layers.slice(front.length), ...head].reduce(
    (x, layer) => layer.apply(x) as SymbolicTensor,
    inputs,
  )
  return model({ inputs, outputs })
}

const engine = await openEngine(
  ENGINE_CHOICES.find((name) => name === values.engine) ?? 'auto',
  (line) => void process.stderr.write(`${line}\n`),
)
tf.enableProdMode()
const trained = network(Number(values.frozen))
trained.compile({
  optimizer: values.optimizer === 'adam' ? tf.train.adam(1e-3) : tf.train.momentum(1e-3, 0.9),
  loss: 'categoricalCrossentropy',
})
const random = seededRandom(1)
const shape = [batch, ...(trained.inputs[0]!.shape.slice(1) as number[])] as [number, number, number, number]
const films = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random())
const targets = tf.oneHot(
  tf.tensor1d(
    Array.from({ length: batch }, (_, i) => i % CLASSES),
    'int32',
  ),
  CLASSES,
)
const seconds: number[] = []
const cpuSeconds: number[] = []
let loss = 0
for (let step = 0; step < warmup + steps; step++) {
  const [begun, used] = [performance.now(), process.cpuUsage()]
  const x = tf.tensor4d(films, shape)
  loss = (await trained.trainOnBatch(x, targets)) as number
  x.dispose()
  if (step < warmup) continue
  seconds.push((performance.now() - begun) / 1000)
  const { user, system } = process.cpuUsage(used)
  cpuSeconds.push((user + system) / 1e6)
}
const trainable = trained.trainableWeights.reduce(
  (sum, { shape }) => sum + (shape as number[]).reduce((a, b) => a * b, 1),
  0,
)
const { name, version } = engine
process.stdout.write(
  `${JSON.stringify({ engine: { name, version }, trainable, loss, seconds, cpuSeconds })}\n`,
)
await engine.close()
