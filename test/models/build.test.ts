import { readFileSync } from 'node:fs'
import { add, memory, mul, setBackend, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RoentgenError } from '../../errors.ts'
import {
  applyWeights,
  BACKBONES,
  type BackboneName,
  type BackboneOptions,
  buildBackbone,
  cutAt,
  cutoffOf,
  fillBackbone,
  parametersAt,
  weightsByKey,
} from '../../models/index.ts'
import { distance, formula, pixels } from './formula.ts'

interface Described {
  /** Name and class. */
  layers: string[]
  parameters: number
  output: number[]
}
type Shape = [number, number, 3]
const keras = JSON.parse(
  readFileSync(new URL('../fixtures/models/backbones.json', import.meta.url), 'utf8'),
) as Record<
  BackboneName,
  {
    trunk: Described
    top: Described
    run: {
      inputShape: Shape
      gain: number
      outputShape: number[]
      largest: number
      places: number[]
      output: number[]
    }
    cutoffs: [cutoff: number, trainable: number][]
    alphas?: [alpha: number, parameters: number][]
  }
>

const names = Object.keys(BACKBONES) as BackboneName[]

/** Layers of ours that stand for one of Keras. */
const CLASSES: Record<string, string> = {
  RoentgenGlobalPool: 'GlobalAveragePooling2D',
  RoentgenNormalization: 'Normalization',
  RoentgenScaledSum: 'CustomScaleLayer',
  SeededDropout: 'Dropout',
  // SqueezeNet is written in Keras' own words in the fixture's script.
  RoentgenEdgePool: 'Lambda',
}
const SQUEEZENET: Record<string, string> = { Activation: 'ReLU' }

const described = (name: BackboneName, model: LayersModel): string[] =>
  model.layers.map((layer) => {
    const own = layer.getClassName()
    const said = CLASSES[own] ?? (name === 'squeezenet' ? SQUEEZENET[own] : undefined) ?? own
    return `${layer.name} ${layer.name === 'predictions' && name === 'squeezenet' ? 'Softmax' : said}`
  })

beforeAll(async () => {
  await setBackend('wasm')
})

test('Keras was asked about every backbone of the table', () => {
  expect(Object.keys(keras).toSorted()).toEqual(names.toSorted())
})

describe.each(names)('%s', (name) => {
  test.each([true, false])(
    'has the layers of Keras in its order, and its parameters (top: %s)',
    (includeTop) => {
      const { trunk, top } = keras[name]
      const expected = includeTop ? { ...top, layers: [...trunk.layers, ...top.layers] } : trunk
      const model = buildBackbone(name, { includeTop })
      expect(described(name, model)).toEqual(expected.layers)
      expect(model.outputShape).toEqual([null, ...expected.output])
      const { total } = parametersAt(model, 0)
      expect(total).toBe(expected.parameters)
      expect(total).toBe(BACKBONES[name].parameters[includeTop ? 'top' : 'trunk'])
      model.dispose()
    },
  )

  test('leaves as many parameters to train behind a cutoff as Keras', () => {
    const model = buildBackbone(name, { includeTop: false })
    for (const [cutoff, trainable] of keras[name].cutoffs)
      expect(parametersAt(model, cutoffOf(model, cutoff)).trainable, `cutoff ${cutoff}`).toBe(trainable)
    model.dispose()
  })

  test('with weights by formula it gives what Keras gives, to 1e-5 of the largest value', () => {
    const { inputShape, gain, outputShape, largest, places, output } = keras[name].run
    const model = buildBackbone(name, { includeTop: false, inputShape })
    let salt = 0
    const weights = new Map(
      [...weightsByKey(model)].map(([key, { shape }]) => {
        const weight = key.slice(key.lastIndexOf('/') + 1)
        return [key, { shape: shape as number[], data: formula(weight, shape as number[], ++salt, gain) }]
      }),
    )
    expect(fillBackbone(name, model, weights)).toEqual([])
    const side = pixels(inputShape[0] * inputShape[1] * 3)
    const film = BACKBONES[name].scaling === 'none' ? side.map((v) => (v + 1) * 127.5) : side
    const y = tidy(() => model.predict(tensor(film, [1, ...inputShape])) as Tensor)
    expect(y.shape.slice(1)).toEqual(outputShape)
    const values = y.dataSync()
    const found = places.map((place) => values[place]!)
    expect(distance(found, output) / largest).toBeLessThan(1e-5)
    model.dispose()
    y.dispose()
  })

  test('each cut of the table is a layer, the last one the whole trunk', () => {
    const { cuts, leastSide } = BACKBONES[name]
    const model = buildBackbone(name, { includeTop: false, inputShape: [leastSide, leastSide, 3] })
    for (const cut of cuts) expect(cutAt(model, cut).layers.at(-1)?.name).toBe(cut)
    expect(cuts.at(-1)).toBe(model.layers.at(-1)?.name)
    expect(() => cutAt(model, 'block9_pool')).toThrow("has no layer 'block9_pool'")
    model.dispose()
  })
})

test.each(names.flatMap((name) => (keras[name].alphas ?? []).map((row) => [name, ...row] as const)))(
  '%s at alpha %d has %d parameters, as in Keras',
  (name, alpha, parameters) => {
    const model = buildBackbone(name, { includeTop: true, alpha })
    expect(parametersAt(model, 0).total).toBe(parameters)
    model.dispose()
  },
)

test.each([
  ['vgg16', -20, 'it has 19 layers, so that a cutoff is a whole number from -19 to 19, not -20'],
  ['vgg16', 20, 'not 20'],
  ['vgg16', 1.5, 'not 1.5'],
] as const)('a cutoff that %s does not have is refused: %d', (name, cutoff, words) => {
  const model = buildBackbone(name, { includeTop: false })
  expect(cutoffOf(model, -19)).toBe(0)
  expect(() => cutoffOf(model, cutoff)).toThrow(words)
  model.dispose()
})

test('MobileNet 0.25 with its top has 475,544 parameters, as published', () => {
  const model = buildBackbone('mobilenet', { alpha: 0.25, includeTop: true })
  expect(model.countParams()).toBe(475_544)
  model.dispose()
})

test.each([
  [0.5, 16, 512],
  [0.3, 9, 307],
  [1.4, 44, 1433],
])('alpha %s scales the filters as Keras does, rounding down', (alpha, first, last) => {
  const model = buildBackbone('mobilenet', { alpha, includeTop: false, inputShape: [32, 32, 3] })
  expect(model.getLayer('conv1').outputShape).toEqual([null, 16, 16, first])
  expect(model.outputShape).toEqual([null, 1, 1, last])
  model.dispose()
})

describe('random weights', () => {
  const small: BackboneOptions = { alpha: 0.25, includeTop: false, inputShape: [64, 64, 3] }
  const kernel = (seed: number, layer: string) => {
    const model = buildBackbone('mobilenet', { ...small, seed })
    const values = model.getLayer(layer).getWeights()[0]?.dataSync() as Float32Array
    const copy = values.slice()
    model.dispose()
    return copy
  }

  test('are the same for the same seed, and others for another', () => {
    expect(kernel(1, 'conv_pw_7')).toEqual(kernel(1, 'conv_pw_7'))
    expect(kernel(1, 'conv_pw_7')).not.toEqual(kernel(2, 'conv_pw_7'))
    expect(kernel(0, 'conv_pw_7')).not.toEqual(kernel(1, 'conv_pw_7'))
  })

  test('differ between layers of one shape', () => {
    expect(kernel(1, 'conv_pw_7')).not.toEqual(kernel(1, 'conv_pw_8'))
  })

  // With Keras' default the deviation is 8e-4 (VGG16) and 2e-21 (MobileNet): a head on it would learn nothing.
  // On smaller films the last maps are mostly padding, and the signal fades for that reason.
  test.each(names)('let the signal through a frozen %s', (name) => {
    const side = 96
    const model = buildBackbone(name, { includeTop: false, inputShape: [side, side, 3], seed: 3 })
    const film = tensor(pixels(side * side * 3), [1, side, side, 3])
    const given = BACKBONES[name].scaling === 'none' ? mul(add(film, 1), 127.5) : film
    const output = model.predict(given) as Tensor
    const y = [...output.dataSync()]
    const mean = y.reduce((a, b) => a + b, 0) / y.length
    const deviation = Math.sqrt(y.reduce((a, b) => a + (b - mean) ** 2, 0) / y.length)
    expect(deviation).toBeGreaterThan(0.05)
    expect(deviation).toBeLessThan(20)
    model.dispose()
  })

  test('without a seed kernels are zero', () => {
    const model = buildBackbone('mobilenet', small)
    expect(
      model
        .getLayer('conv1')
        .getWeights()[0]
        ?.dataSync()
        .every((v) => v === 0),
    ).toBe(true)
    model.dispose()
  })
})

describe('what cannot be built is refused in words', () => {
  const trunk = { includeTop: false }
  const CASES: [string, BackboneOptions, string][] = [
    ['vgg11', trunk, 'there is no such backbone; there are vgg16, vgg19, resnet50, '],
    ['toString', trunk, 'there is no such backbone'],
    ['vgg16', { ...trunk, alpha: 0.5 }, 'it has no alpha (given: 0.5)'],
    ['mobilenet', { ...trunk, alpha: 0 }, 'alpha must be a number above 0, not 0'],
    ['mobilenet', { ...trunk, alpha: Number.NaN }, 'alpha must be a number above 0, not NaN'],
    ['mobilenet', { ...trunk, alpha: 0.03 }, 'alpha 0.03 leaves its first layer without filters'],
    ['vgg16', { ...trunk, inputShape: [31, 32, 3] }, 'at least 32 x 32 whole pixels, not 31 x 32 x 3'],
    ['xception', { ...trunk, inputShape: [70, 71, 3] }, 'at least 71 x 71 whole pixels, not 70 x 71 x 3'],
    ['vgg16', { ...trunk, inputShape: [64.5, 64, 3] }, 'whole pixels, not 64.5 x 64 x 3'],
    ['vgg16', { ...trunk, inputShape: [64, 64, 1 as 3] }, 'must have 3 channels, not 1'],
    ['vgg16', { ...trunk, classes: 2 }, 'classes are given without its top'],
    ['vgg16', { includeTop: true, classes: 0 }, 'at least 1, not 0'],
    ['vgg16', { ...trunk, seed: 0.5 }, 'the seed must be a whole number, not 0.5'],
    ['vgg16', { ...trunk, dropoutSeed: 0.5 }, 'the seed must be a whole number, not 0.5'],
  ]
  test.each(CASES)('%s %j', (name, options, words) => {
    const refused = catchError(() => buildBackbone(name as BackboneName, options))
    expect(refused).toMatchObject({ code: 'ROE_BACKBONE', exit: 2 })
    expect(refused.message).toContain(`ROE_BACKBONE: ${name}: `)
    expect(refused.message).toContain(words)
  })
})

test('a model that is built, filled and disposed leaves no tensor behind', () => {
  const before = memory().numTensors
  const model = buildBackbone('mobilenet', {
    alpha: 0.25,
    includeTop: true,
    inputShape: [32, 32, 3],
    seed: 1,
  })
  const weights = [...weightsByKey(model)].map(([key, weight]) => {
    const shape = weight.shape as number[]
    return [key, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }] as const
  })
  applyWeights(model, new Map(weights))
  model.dispose()
  expect(memory().numTensors).toBe(before)
})

function catchError(run: () => unknown): RoentgenError {
  try {
    run()
  } catch (error) {
    return error as RoentgenError
  }
  throw new Error('nothing was thrown')
}
