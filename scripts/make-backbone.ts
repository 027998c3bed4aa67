/** Writes a backbone of the table, its top included, as a tfjs LayersModel with random weights: a large model for
 *  `bench/own/convert-memory`. Run: node dist/scripts/make-backbone.js vgg16 FOLDER */
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import { type BackboneName, buildBackbone } from '../models/index.ts'
import { seededRandom } from '../random.ts'

/** Bytes of a shard, as tfjs' own converter cuts them. */
const SHARD_BYTES = 4 << 20

const [name = '', folder = ''] = process.argv.slice(2)
const model = buildBackbone(name as BackboneName, { includeTop: true })
const weights = model.layers.flatMap((layer) => layer.weights)
await mkdir(folder, { recursive: true })

let [shards, sizeBytes] = [0, 0]
let shard = await open(join(folder, 'shard0.bin'), 'w')
for (const [i, { shape }] of weights.entries()) {
  const bytes = Buffer.from(randomWeight(shape as number[], i).buffer)
  for (let at = 0; at < bytes.length; ) {
    if (sizeBytes === SHARD_BYTES) {
      await shard.close()
      shard = await open(join(folder, `shard${++shards}.bin`), 'w')
      sizeBytes = 0
    }
    const { bytesWritten } = await shard.write(
      bytes,
      at,
      Math.min(bytes.length - at, SHARD_BYTES - sizeBytes),
    )
    at += bytesWritten
    sizeBytes += bytesWritten
  }
}
await shard.close()

const manifest = {
  paths: Array.from({ length: shards + 1 }, (_, i) => `shard${i}.bin`),
  weights: weights.map(({ originalName, shape }) => ({ name: originalName, shape, dtype: 'float32' })),
}
const topology = model.toJSON(null, false)
const json = { format: 'layers-model', modelTopology: topology, weightsManifest: [manifest] }
await writeFile(join(folder, 'model.json'), JSON.stringify(json))

/** Uniform, of He's variance: signals neither grow nor fade. Variances of a batch normalization are above 0. */
function randomWeight(shape: readonly number[], seed: number): Float32Array {
  const random = seededRandom(seed)
  const length = shape.reduce((product, size) => product * size, 1)
  if (shape.length === 1) return Float32Array.from({ length }, () => random() * 0.1 + 0.05)
  const limit = Math.sqrt((6 * (shape.at(-1) ?? 1)) / length)
  return Float32Array.from({ length }, () => (random() * 2 - 1) * limit)
}
