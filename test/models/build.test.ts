import { readFileSync } from 'node:fs'
import type { Tensor } from '@tensorflow/tfjs-core'
import { memory, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { describe, expect, test } from 'vitest'
import type { RoentgenError } from '../../errors.ts'
import {
  applyWeights,
  BACKBONES,
  type BackboneName,
  type BackboneOptions,
  buildBackbone,
  cutAt,
  weightsByKey,
} from '../../models/index.ts'
import { distance, formula, pixels } from './formula.ts'

interface Described {
  layers: string[]
  parameters: number
}
const keras = JSON.parse(
  readFileSync(new URL('../fixtures/models/keras-applications.json', import.meta.url), 'utf8'),
) as Record<
  BackboneName,
  {
    top: Described
    trunk: Described
    run: { inputShape: [number, number, 3]; outputShape: number[]; output: number[] }
  }
>

const names = Object.keys(BACKBONES) as BackboneName[]

/** tfjs' pooling has no keepdims: the reshape that Keras had before 2.7 stands after it. */
const withReshape = (layers: string[]) =>
  layers.flatMap((name) => (name === 'global_average_pooling2d' ? [name, 'reshape_1'] : [name]))

describe.each(names)('%s', (name) => {
  test.each([true, false])(
    'has the layers of Keras in its order, and its parameters (top: %s)',
    (includeTop) => {
      const expected = keras[name][includeTop ? 'top' : 'trunk']
      const model = buildBackbone(name, { includeTop })
      expect(model.layers.map((layer) => layer.name)).toEqual(withReshape(expected.layers))
      expect(model.countParams()).toBe(expected.parameters)
      expect(model.countParams()).toBe(BACKBONES[name].parameters[includeTop ? 'top' : 'trunk'])
      model.dispose()
    },
  )

  test('with weights by formula it gives what Keras gives, to 1e-5', () => {
    const { inputShape, outputShape, output } = keras[name].run
    const model = buildBackbone(name, {
      includeTop: false,
      inputShape,
      ...(name === 'mobilenet' && { alpha: 0.25 }),
    })
    let salt = 0
    const weights = new Map(
      [...weightsByKey(model)].map(([key, { shape }]) => {
        const weight = key.slice(key.lastIndexOf('/') + 1)
        return [key, { shape: shape as number[], data: formula(weight, shape as number[], ++salt) }]
      }),
    )
    expect(applyWeights(model, weights)).toEqual([])
    const x = tensor(pixels(inputShape[0] * inputShape[1] * 3), [1, ...inputShape])
    const y = model.predict(x) as Tensor
    expect(y.shape.slice(1)).toEqual(outputShape)
    expect(distance(y.dataSync().slice(0, output.length), output)).toBeLessThan(1e-5)
    model.dispose()
  })

  test('each cut of the table is a layer, the last one the whole trunk', () => {
    const model = buildBackbone(name, { includeTop: false, inputShape: [32, 32, 3] })
    const { cuts } = BACKBONES[name]
    for (const cut of cuts) expect(cutAt(model, cut).layers.at(-1)?.name).toBe(cut)
    expect(cuts.at(-1)).toBe(model.layers.at(-1)?.name)
    expect(() => cutAt(model, 'block9_pool')).toThrow("has no layer 'block9_pool'")
    model.dispose()
  })
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
  // Below 64 pixels MobileNet's last maps are mostly padding, and the signal fades for that reason.
  test.each([
    ['vgg16', 32],
    ['mobilenet', 96],
  ] as const)('let the signal through a frozen %s', (name, side) => {
    const model = buildBackbone(name, { includeTop: false, inputShape: [side, side, 3], seed: 3 })
    const output = model.predict(tensor(pixels(side * side * 3), [1, side, side, 3])) as Tensor
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
    ['vgg11', trunk, 'there is no such backbone; there are vgg16, mobilenet'],
    ['toString', trunk, 'there is no such backbone'],
    ['vgg16', { ...trunk, alpha: 0.5 }, 'it has no alpha (given: 0.5)'],
    ['mobilenet', { ...trunk, alpha: 0 }, 'alpha must be a number above 0, not 0'],
    ['mobilenet', { ...trunk, alpha: Number.NaN }, 'alpha must be a number above 0, not NaN'],
    ['mobilenet', { ...trunk, alpha: 0.03 }, 'alpha 0.03 leaves its first layer without filters'],
    ['vgg16', { ...trunk, inputShape: [31, 32, 3] }, 'at least 32 x 32 whole pixels, not 31 x 32 x 3'],
    ['vgg16', { ...trunk, inputShape: [64.5, 64, 3] }, 'whole pixels, not 64.5 x 64 x 3'],
    ['vgg16', { ...trunk, inputShape: [64, 64, 1 as 3] }, 'must have 3 channels, not 1'],
    ['vgg16', { ...trunk, classes: 2 }, 'classes are given without its top'],
    ['vgg16', { includeTop: true, classes: 0 }, 'at least 1, not 0'],
    ['vgg16', { ...trunk, seed: 0.5 }, 'the seed must be a whole number, not 0.5'],
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
