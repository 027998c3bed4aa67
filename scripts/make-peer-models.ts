/** Writes what `bench/peers/suite` runs: each backbone at its own size with the head `gap` of two classes and weights from a
 *  seed, as a tfjs LayersModel and as ONNX, in the folders of transformers.js (NAME/model.json, NAME/onnx/model.onnx). Pixels
 *  are scaled to -1..1 unless the network scales them itself: inside the ONNX file, by each peer for the LayersModel.
 *  Run: node dist/scripts/make-peer-models.js FOLDER [--backbone vgg16,mobilenet], or --list for the names of all */
import { strict as assert } from 'node:assert'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { convert } from '../converters/index.ts'
import { BACKBONES, type BackboneName, buildBackbone, headLayers } from '../models/index.ts'
import { deriveSeed } from '../random.ts'
import { writeTfjs } from '../src/train/write-tfjs.ts'

const CLASSES = 2
const SEED = 14

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { backbone: { type: 'string', default: 'all' }, list: { type: 'boolean', default: false } },
})
const [folder = '.'] = positionals
const names = values.backbone === 'all' ? Object.keys(BACKBONES) : values.backbone.split(',')
if (values.list) process.stdout.write(`${names.join()}\n`)
else
  for (const name of names) {
    assert(Object.hasOwn(BACKBONES, name), `--backbone has some of ${Object.keys(BACKBONES).join(', ')}`)
    await write(name as BackboneName)
  }

/** A folder has its name when all is in it. */
async function write(name: BackboneName): Promise<void> {
  const net = build(name)
  const place = join(folder, `${name}.part`)
  await rm(place, { recursive: true, force: true })
  await mkdir(join(place, 'onnx'), { recursive: true })
  await writeTfjs(net, place, pixelsOf(name))
  await writeOnnx(net, pixelsOf(name), join(place, 'onnx', 'model.onnx'))
  const { inputSize } = BACKBONES[name]
  // What transformers.js asks for, and the size of a film for who times it.
  const size = { height: inputSize, width: inputSize, channels: 3 }
  const config = { model_type: 'roentgen', ...size, ...pixelsOf(name) }
  await writeFile(join(place, 'config.json'), JSON.stringify(config))
  await rm(join(folder, name), { recursive: true, force: true })
  await rename(place, join(folder, name))
  for (const { weights } of net.layers) for (const weight of weights) weight.dispose()
}

function build(name: BackboneName): LayersModel {
  const trunk = buildBackbone(name, { includeTop: false, seed: deriveSeed(SEED, 'trunk') })
  const [end] = trunk.outputs as [SymbolicTensor]
  const featureShape = end.shape.slice(1) as [number, number, number]
  const head = headLayers('gap', { classes: CLASSES, seed: deriveSeed(SEED, 'head'), featureShape })
  const outputs = [...head.frozen, ...head.trainable].reduce(
    (x, layer) => layer.apply(x) as SymbolicTensor,
    end,
  )
  return model({ inputs: trunk.inputs, outputs })
}

/** x * scale + offset is what the network takes. */
function pixelsOf(name: BackboneName) {
  return BACKBONES[name].scaling === 'none' ? { scale: 1, offset: 0 } : { scale: 1 / 127.5, offset: -1 }
}

async function writeOnnx(
  net: LayersModel,
  { scale, offset }: ReturnType<typeof pixelsOf>,
  path: string,
): Promise<void> {
  const scaled = (films: tf.Tensor) => tf.add(tf.mul(tf.cast(films, 'float32'), scale), offset)
  const [, height, width] = net.inputs[0]!.shape
  await convert(([films]) => net.apply(scaled(films!)) as tf.Tensor, path, {
    inputs: [{ name: 'film', dtype: 'uint8', shape: [null, height!, width!, 3] }],
    outputs: ['probabilities'],
    layers: net.layers,
    // Some peers read no newer one.
    opset: 13,
    proof: 'none',
  })
}
