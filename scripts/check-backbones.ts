/** Backbones at the size of their published weights, against Keras: its .h5 files are read, each network filled with them,
 *  its output compared with Keras' and, as ONNX, with tfjs. Prints a row for each and fails where one differs.
 *  Run: python test/fixtures/models/save_backbones.py FOLDER && node dist/scripts/check-backbones.js FOLDER [NAME…] */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { convert, readWeights } from '../converters/index.ts'
import { BACKBONES, type BackboneName, buildBackbone, fillBackbone } from '../models/index.ts'

/** Of the largest value that Keras gives. */
const TOLERANCE = 1e-5

interface Expected {
  /** Whether the file has the top, too. */
  top: boolean
  output: Sample
  /** Of the trunk. */
  maps: Sample
}

interface Sample {
  places: number[]
  output: number[]
  /** Of all values. */
  largest: number
}

const [folder = '', ...wanted] = process.argv.slice(2)
const names = (wanted.length > 0 ? wanted : Object.keys(BACKBONES)) as BackboneName[]
const scratch = await mkdtemp(join(tmpdir(), 'roentgen-backbones-'))
tf.enableProdMode()
await tf.setBackend('wasm')
const failed: string[] = []
try {
  for (const name of names) if (!(await check(name))) failed.push(name)
} finally {
  await rm(scratch, { recursive: true })
}
console.log(`${names.length} backbones, ${failed.length} differ: ${failed.join(', ') || 'none'}`)
process.exitCode = names.length === 0 || failed.length > 0 ? 1 : 0

async function check(name: BackboneName): Promise<boolean> {
  const expected = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Expected
  const file = join(folder, `${name}.h5`)
  const tensors = await readWeights(file)
  const model = buildBackbone(name, { includeTop: expected.top })
  const left = fillBackbone(name, model, tensors, file)
  // The trunk alone takes the same file, and leaves its top over.
  const trunk = buildBackbone(name, { includeTop: false })
  const leftOfTrunk = fillBackbone(name, trunk, tensors, file)
  const ofMaps = differenceOf(name, trunk, expected.maps)
  trunk.dispose()
  const difference = differenceOf(name, model, expected.output)
  const { graph, parity } = await convertTo(join(scratch, `${name}.onnx`), model)
  const transposes = graph.nodes.filter(({ op }) => op === 'Transpose').length
  model.dispose()
  await rm(join(scratch, `${name}.onnx`))
  console.log(
    [
      name.padEnd(18),
      `${tensors.size} tensors, ${left.length} left, ${leftOfTrunk.length} left by the trunk;`,
      `of Keras' maps ${ofMaps.toExponential(1)}, of its output ${difference.toExponential(1)} of the largest value;`,
      `ONNX of tfjs ${parity[0]!.maxAbs.toExponential(1)}, ${transposes} Transposes`,
    ].join(' '),
  )
  return Math.max(ofMaps, difference) <= TOLERANCE && left.length === 0 && transposes <= 1
}

/** @returns the largest difference of the values that were kept, as a share of Keras' largest */
function differenceOf(name: BackboneName, model: LayersModel, expected: Sample): number {
  const { inputSize, scaling } = BACKBONES[name]
  const side = pixels(inputSize * inputSize * 3)
  const film = scaling === 'none' ? side.map((v) => (v + 1) * 127.5) : side
  const values = tf.tidy(() => {
    const y = model.predict(tf.tensor(film, [1, inputSize, inputSize, 3])) as tf.Tensor
    return y.dataSync().slice()
  })
  const differences = expected.places.map((place, i) => Math.abs(values[place]! - expected.output[i]!))
  return Math.max(...differences) / expected.largest
}

function convertTo(path: string, model: LayersModel) {
  // The maps of a trunk are averaged, as a head does it: as they are, they would be turned back at the end.
  const run = ([x]: tf.Tensor[]): tf.Tensor => {
    const y = model.apply(x!) as tf.Tensor
    return y.rank === 4 ? tf.mean(y, [1, 2]) : y
  }
  return convert(run, path, {
    inputs: [{ name: 'film', dtype: 'float32', shape: model.inputs[0]!.shape }],
    outputs: ['output'],
    layers: model.layers,
  })
}

/** The film of formula.py. */
function pixels(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let bits = (i + 7 * 1000003) | 0
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
    return (2 * ((bits ^ (bits >>> 16)) >>> 0)) / 2 ** 32 - 1
  })
}
