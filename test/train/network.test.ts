import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { BACKBONES, type BackboneName } from '../../models/index.ts'
import { inputsOf } from '../../src/train/cut.ts'
import { mendBatchNormalization } from '../../src/train/engines/batch-normalization.ts'
import { buildNetwork, type NetworkOptions } from '../../src/train/network.ts'

beforeAll(() => tf.setBackend('cpu'))

const SMALL: NetworkOptions = {
  backbone: 'mobilenet',
  alpha: 0.25,
  weights: null,
  featuresAt: undefined,
  cutoff: undefined,
  head: 'recipe',
  scaling: 'tf',
  width: 128,
  height: 128,
  classes: 2,
  seed: 1,
}
const VGG16: NetworkOptions = { ...SMALL, backbone: 'vgg16', alpha: undefined, width: 224, height: 224 }

const films = (count: number, size: number): tf.Tensor =>
  tf.tidy(() => tf.cast(tf.randomUniform([count, size, size, 3], 0, 256, 'int32', 3), 'float32'))

const valuesOf = (output: tf.Tensor): Float32Array => output.dataSync<'float32'>()

describe('a network that cannot be built gives the memory back:', () => {
  const CASES: [string, Partial<NetworkOptions>][] = [
    ['a film too small for the head', { width: 64, height: 64 }],
    ['more layers than there are', { cutoff: 500 }],
    ['a layer that is not there', { featuresAt: 'nowhere' }],
  ]
  for (const [name, options] of CASES)
    it(name, async () => {
      const before = tf.memory().numTensors
      await expect(buildNetwork({ ...SMALL, ...options })).rejects.toThrow('ROE_BACKBONE')
      expect(tf.memory().numTensors).toBe(before)
    })
})

describe('a cutoff', () => {
  const cases: [string, Partial<NetworkOptions>, { frozen: number; trainable: number; features: number }][] =
    [
      [
        'S3.3: all but the last 8',
        { cutoff: -8 },
        { frozen: 11, trainable: 12_980_739, features: 28 * 28 * 256 },
      ],
      [
        'the same, counted from the input',
        { cutoff: 11 },
        { frozen: 11, trainable: 12_980_739, features: 28 * 28 * 256 },
      ],
      [
        'of a trunk that ends earlier',
        { cutoff: -1, featuresAt: 'block4_pool' },
        { frozen: 14, trainable: 1_539, features: 512 },
      ],
      [
        'before a pooling, which stays before it',
        { cutoff: 10 },
        { frozen: 10, trainable: 12_980_739, features: 28 * 28 * 256 },
      ],
      [
        'that freezes nothing: the films cross',
        { cutoff: 0 },
        { frozen: 1, trainable: 14_716_227, features: 224 * 224 * 3 },
      ],
      ['that freezes all', { cutoff: 19 }, { frozen: 19, trainable: 1_539, features: 512 }],
    ]
  for (const [name, options, expected] of cases)
    it(name, async () => {
      const { trunk, parameters, featureCount } = await buildNetwork({
        ...VGG16,
        head: 'gap',
        classes: 3,
        ...options,
      })
      expect({ frozen: trunk.frozen, trainable: parameters.trainable, features: featureCount }).toEqual(
        expected,
      )
    })

  it("may leave the trunk's batch normalizations frozen behind it, Keras' way: not to be trained, and in inference mode", async () => {
    const all = await buildNetwork({ ...SMALL, cutoff: -6 })
    const { rest, parameters } = await buildNetwork({ ...SMALL, cutoff: -6, freezeBatchNorm: true })
    const norms = rest.layers.filter((layer) => layer.getClassName() === 'BatchNormalization')
    expect(norms).toHaveLength(2)
    // A scale and an offset for each of 256 maps of both.
    expect(all.parameters.trainable - parameters.trainable).toBe(2 * 2 * 256)
    mendBatchNormalization()
    const before = norms.map((norm) => norm.getWeights().map((weight) => valuesOf(weight).slice()))
    const rows = tf.randomNormal([4, ...rest.inputs[0]!.shape.slice(1)] as number[], 0, 1, 'float32', 5)
    const [training, inference] = [true, false].map(
      (mode) => rest.apply(rows, { training: mode }) as tf.Tensor,
    )
    expect(valuesOf(training!)).toHaveLength(valuesOf(inference!).length)
    expect(norms.map((norm) => norm.getWeights().map((weight) => valuesOf(weight)))).toEqual(before)
  })

  it('does not change what the network gives', async () => {
    const some = films(2, 128)
    const outputs: Float32Array[] = []
    for (const cutoff of [undefined, 0, 20, -3]) {
      const { frozen, rest, whole } = await buildNetwork({ ...SMALL, cutoff })
      const rows = valuesOf(frozen([some]))
      outputs.push(valuesOf(whole([some])), valuesOf(rest.apply(inputsOf(rest, rows, 2)) as tf.Tensor))
    }
    for (const output of outputs) expect(output).toEqual(outputs[0])
  })

  // What crosses, as it was seen; the cutoffs of the first five are those of S1.2.
  const backbones: [BackboneName, number, string][] = [
    ['vgg19', 18, '2x2x512'],
    ['mobilenet', 10, '16x16x64'],
    ['inceptionv3', 249, '1x1x1280'],
    ['xception', 120, '5x5x728 5x5x728'],
    ['inceptionresnetv2', 730, '1x1x2080'],
    ['inceptionv3', 240, '3x3x192 3x3x192 1x1x768'],
    ['resnet50', 97, '2x2x1024 2x2x256'],
    ['resnet50v2', 60, '4x4x512 4x4x128'],
    ['mobilenetv2', 100, '2x2x96 2x2x576'],
    ['densenet121', 300, '2x2x960 2x2x128'],
    ['efficientnetb0', 150, '2x2x112 2x2x672'],
    ['squeezenet', 30, '1x1x256'],
  ]
  for (const [backbone, cutoff, crossing] of backbones)
    it(`cuts ${backbone} at ${cutoff} where ${crossing} crosses, and changes nothing`, async () => {
      const size = BACKBONES[backbone].leastSide
      const given = { backbone, cutoff, width: size, height: size, alpha: undefined, head: 'gap' } as const
      const { frozen, rest, whole } = await buildNetwork({ ...SMALL, ...given })
      const some = films(1, size)
      const rows = valuesOf(frozen([some]))
      expect(rest.inputs.map(({ shape }) => shape.slice(1).join('x')).join(' ')).toBe(crossing)
      expect(valuesOf(rest.apply(inputsOf(rest, rows, 1)) as tf.Tensor)).toEqual(valuesOf(whole([some])))
    })

  it('beyond the layers of the trunk is refused', async () => {
    for (const cutoff of [20, -20])
      await expect(buildNetwork({ ...VGG16, cutoff })).rejects.toThrow(
        `ROE_BACKBONE: vgg16: it has 19 layers, so that a cutoff is a whole number from -19 to 19, not ${cutoff}`,
      )
  })
})

describe('a network has the parameters of the published one', () => {
  const cases: [string, NetworkOptions, { total: number; trainable: number; features: number }][] = [
    // S3.3 trains the last blocks too: below.
    ['S3.3', { ...VGG16, head: 'gap', classes: 3 }, { total: 14_716_227, trainable: 1_539, features: 512 }],
    ['S4.4', VGG16, { total: 14_747_650, trainable: 32_962, features: 512 }],
    ['S2.5', { ...VGG16, head: 'flatten' }, { total: 14_764_866, trainable: 50_178, features: 25_088 }],
    [
      'MobileNet 0.25',
      { ...SMALL, width: 224, height: 224 },
      { total: 235_122, trainable: 16_578, features: 256 },
    ],
  ]
  for (const [name, options, { features, ...parameters }] of cases)
    it(name, async () => {
      const network = await buildNetwork(options)
      expect(network.parameters).toEqual(parameters)
      expect(network.featureCount).toBe(features)
      expect(network.input).toEqual({
        name: 'film',
        dtype: 'uint8',
        shape: [null, options.height, options.width, 3],
      })
    })
})

describe('a network', () => {
  it('as a whole is its rest on its frozen part, whose numbers are finite', async () => {
    const network = await buildNetwork({ ...SMALL, classes: 3 })
    const some = films(2, 128)
    const features = network.frozen([some])
    expect(features.shape).toEqual([2, network.featureCount])
    expect(valuesOf(features).every(Number.isFinite)).toBe(true)
    const whole = network.whole([some])
    expect(whole.shape).toEqual([2, 3])
    expect(valuesOf(whole)).toEqual(valuesOf(network.rest.apply(features) as tf.Tensor))
  })

  it('follows from its seed, trunk and head', async () => {
    const some = films(1, 128)
    const outputs = async (seed: number) => {
      const { frozen, whole } = await buildNetwork({ ...SMALL, seed })
      return [valuesOf(frozen([some])), valuesOf(whole([some]))] as const
    }
    const [one, again, other] = [await outputs(1), await outputs(1), await outputs(2)]
    expect(again).toEqual(one)
    expect(other[0]).not.toEqual(one[0])
    expect(other[1]).not.toEqual(one[1])
  })

  it('has another frozen part by another scaling', async () => {
    const some = films(1, 128)
    const rows = new Set<string>()
    for (const scaling of ['unit', 'tf', 'caffe', 'torch', 'none'] as const)
      rows.add(valuesOf((await buildNetwork({ ...SMALL, scaling })).frozen([some])).join())
    expect(rows.size).toBe(5)
  })

  it('cut at a layer has fewer parameters, and the features of that layer', async () => {
    const cut = await buildNetwork({ ...SMALL, featuresAt: 'conv_pw_5_relu', head: 'gap' })
    expect(cut.featureCount).toBe(64)
    const whole = await buildNetwork({ ...SMALL, head: 'gap' })
    expect(cut.parameters.total).toBeLessThan(whole.parameters.total)
  })

  it('trains its head alone, under the names of Keras', async () => {
    const network = await buildNetwork(SMALL)
    expect(network.rest.trainableWeights.map(({ originalName }) => originalName)).toEqual([
      'dense/kernel',
      'dense/bias',
      'dense_1/kernel',
      'dense_1/bias',
    ])
  })
})
