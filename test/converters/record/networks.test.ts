/** Random small networks out of the kernels that have rows: the same numbers from tfjs, from the recorded graph and
 *  from the rewritten one; and networks as they are really built end with one Transpose. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Graph } from '../../../converters/graph/graph.ts'
import { record } from '../../../converters/record/record.ts'
import { rewrite } from '../../../converters/rewrite/rewrite.ts'
import { HEADS, type HeadName, headLayers } from '../../../models/heads.ts'
import { buildBackbone } from '../../../models/index.ts'
import { expectAgreement, open } from '../harness.ts'

type Layers = tfl.layers.Layer
/** One step of a network: from the map so far to the next. */
type Step = (x: tfl.SymbolicTensor, seed: number) => tfl.SymbolicTensor

const uniform = (seed: number) => tfl.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed })
const positive = (seed: number) => tfl.initializers.randomUniform({ minval: 0.5, maxval: 2, seed })
const apply = (layer: Layers, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
  layer.apply(x) as tfl.SymbolicTensor
const channels = (x: tfl.SymbolicTensor): number => x.shape.at(-1) as number

const conv =
  (
    filters: number,
    kernelSize: [number, number],
    strides: number,
    padding: 'same' | 'valid',
    activation: Activation,
  ): Step =>
  (x, seed) =>
    apply(
      tfl.layers.conv2d({
        filters,
        kernelSize,
        strides,
        padding,
        activation,
        kernelInitializer: uniform(seed),
        biasInitializer: uniform(seed + 1),
      }),
      x,
    )
type Activation = 'linear' | 'relu' | 'elu' | 'sigmoid' | 'tanh' | 'relu6' | 'softmax'

const depthwise =
  (depthMultiplier: number, strides: number): Step =>
  (x, seed) =>
    apply(
      tfl.layers.depthwiseConv2d({
        kernelSize: 3,
        depthMultiplier,
        strides,
        padding: 'same',
        depthwiseInitializer: uniform(seed),
        biasInitializer: uniform(seed + 1),
      }),
      x,
    )

const norm =
  (scale: boolean, center: boolean): Step =>
  (x, seed) =>
    apply(
      tfl.layers.batchNormalization({
        scale,
        center,
        gammaInitializer: uniform(seed),
        betaInitializer: uniform(seed + 1),
        movingMeanInitializer: uniform(seed + 2),
        movingVarianceInitializer: positive(seed + 3),
      }),
      x,
    )

const pool =
  (kind: 'maxPooling2d' | 'averagePooling2d', poolSize: number, strides: number): Step =>
  (x) =>
    apply(
      tfl.layers[kind]({ poolSize: [poolSize, poolSize], strides: [strides, strides], padding: 'same' }),
      x,
    )

const pad =
  (top: number, right: number): Step =>
  (x) =>
    apply(
      tfl.layers.zeroPadding2d({
        padding: [
          [top, 0],
          [1, right],
        ],
      }),
      x,
    )

/** The map made larger, as a decoder does it. */
const upSample =
  (interpolation: 'nearest' | 'bilinear'): Step =>
  (x) =>
    apply(tfl.layers.upSampling2d({ size: [2, 2], interpolation }), x)

const transposed =
  (filters: number, strides: number): Step =>
  (x, seed) =>
    apply(
      tfl.layers.conv2dTranspose({
        filters,
        kernelSize: 3,
        strides,
        padding: 'same',
        kernelInitializer: uniform(seed),
        biasInitializer: uniform(seed + 1),
      }),
      x,
    )

const prelu: Step = (x, seed) =>
  apply(tfl.layers.prelu({ sharedAxes: [1, 2], alphaInitializer: uniform(seed) }), x)

const layerNorm: Step = (x, seed) =>
  apply(tfl.layers.layerNormalization({ epsilon: 0.1, gammaInitializer: uniform(seed) }), x)

/** x + conv(x) */
const residual: Step = (x, seed) =>
  apply(tfl.layers.add(), [x, conv(channels(x), [3, 3], 1, 'same', 'relu')(x, seed)])

/** Channels of two branches after each other. */
const branches: Step = (x, seed) =>
  apply(tfl.layers.concatenate(), [
    pool('maxPooling2d', 3, 1)(x, seed),
    conv(2, [1, 1], 1, 'same', 'elu')(x, seed),
  ])

/** Channels scaled by what the whole map says (squeeze and excitation). */
const squeeze: Step = (x, seed) => {
  const gap = apply(tfl.layers.globalAveragePooling2d({}), x)
  const gate = apply(
    tfl.layers.dense({ units: channels(x), activation: 'sigmoid', kernelInitializer: uniform(seed) }),
    gap,
  )
  return apply(tfl.layers.multiply(), [
    x,
    apply(tfl.layers.reshape({ targetShape: [1, 1, channels(x)] }), gate),
  ])
}

const activations = fc.constantFrom<Activation>('linear', 'relu', 'elu', 'sigmoid', 'tanh', 'relu6')
const side = fc.integer({ min: 1, max: 3 })
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.tuple(side, side), fc.constantFrom(1, 2), activations)
    .map(([filters, kernel, strides, activation]) => conv(filters, kernel, strides, 'same', activation)),
  fc
    .tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2))
    .map(([multiplier, strides]) => depthwise(multiplier, strides)),
  fc.tuple(fc.boolean(), fc.boolean()).map(([scale, center]) => norm(scale, center)),
  fc
    .tuple(fc.constantFrom('maxPooling2d' as const, 'averagePooling2d' as const), side, fc.constantFrom(1, 2))
    .map(([kind, size, strides]) => pool(kind, size, strides)),
  fc.tuple(side, side).map(([top, right]) => pad(top, right)),
  fc.constantFrom(residual, branches, squeeze, prelu, layerNorm, upSample('nearest'), upSample('bilinear')),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(1, 2))
    .map(([filters, strides]) => transposed(filters, strides)),
  activations.map(
    (activation): Step =>
      (x) =>
        apply(tfl.layers.activation({ activation }), x),
  ),
)

/** From a map to the output. */
const ENDS: Record<string, Step> = {
  'the map itself': (x) => x,
  flatten: (x, seed) => dense(apply(tfl.layers.flatten(), x), seed),
  'global average': (x, seed) => dense(apply(tfl.layers.globalAveragePooling2d({}), x), seed),
  'global maximum': (x, seed) => dense(apply(tfl.layers.globalMaxPooling2d({}), x), seed),
  'a convolution as classifier': (x, seed) => {
    const gap = apply(tfl.layers.globalAveragePooling2d({}), x)
    const pixel = apply(tfl.layers.reshape({ targetShape: [1, 1, channels(x)] }), gap)
    const scores = conv(3, [1, 1], 1, 'same', 'linear')(pixel, seed)
    return apply(
      tfl.layers.activation({ activation: 'softmax' }),
      apply(tfl.layers.reshape({ targetShape: [3] }), scores),
    )
  },
}
const dense: Step = (x, seed) =>
  apply(tfl.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: uniform(seed) }), x)

/** The rewritten graph of a model of films, scaled as `tf` scales them. */
async function recordFilms(model: tfl.LayersModel, side: number): Promise<Graph> {
  const fn = ([x]: tf.Tensor[]) => model.apply(tf.sub(tf.div(x!, 127.5), 1)) as tf.Tensor
  const inputs = [open([side, side, 3], { dtype: 'uint8' }, 'film')]
  return rewrite(await record(fn, { inputs, outputs: ['probabilities'], layers: model.layers }))
}

function expectOneTransposeOfBytes(graph: Graph): void {
  const [first, ...more] = transposes(graph)
  expect(more).toEqual([])
  expect(first?.inputs).toEqual(['film'])
  expect(graph.types.get(first!.outputs[0]!)?.dtype).toBe('uint8')
  expect(graph.outputs).toEqual(['probabilities'])
}

const transposes = (graph: Graph) => graph.nodes.filter(({ op }) => op === 'Transpose')

describe('random networks', () => {
  const networks = fc.record({
    body: fc.array(steps, { minLength: 1, maxLength: 6 }),
    end: fc.constantFrom(...Object.keys(ENDS)),
    seed: fc.integer({ min: 1, max: 10_000 }),
  })
  const maximum = { most: 0, nodes: 0 }

  test('give what tfjs gives, with one Transpose, or two where the output is a map', async () => {
    const property = fc.asyncProperty(networks, async ({ body, end, seed }) => {
      const input = tfl.input({ shape: [7, 6, 3] })
      const first = conv(4, [3, 3], 1, 'same', 'relu')(input, seed)
      const trunk = body.reduce((x, step, i) => step(x, seed + 100 * (i + 1)), first)
      const model = tfl.model({ inputs: input, outputs: ENDS[end]!(trunk, seed) })
      const fn = ([x]: tf.Tensor[]) => model.apply(tf.div(x!, 255)) as tf.Tensor
      const { rewritten } = await expectAgreement(fn, [open([7, 6, 3], { dtype: 'uint8' })], model.layers)
      const count = transposes(rewritten).length
      expect(count).toBeLessThanOrEqual(end === 'the map itself' ? 2 : 1)
      maximum.most = Math.max(maximum.most, count)
      maximum.nodes = Math.max(maximum.nodes, rewritten.nodes.length)
      model.dispose()
    })
    await fc.assert(property, { numRuns: 40, seed: 2026 })
    expect(maximum.most).toBe(2)
    expect(maximum.nodes).toBeGreaterThan(10)
  })
})

test('a U-Net, whose maps are joined over its middle, keeps one Transpose at each end', async () => {
  const input = tfl.input({ shape: [16, 12, 3] })
  const down1 = conv(4, [3, 3], 1, 'same', 'relu')(input, 1)
  const down2 = conv(6, [3, 3], 1, 'same', 'relu')(pool('maxPooling2d', 2, 2)(down1, 2), 3)
  const middle = conv(8, [3, 3], 1, 'same', 'relu')(pool('maxPooling2d', 2, 2)(down2, 4), 5)
  const join = (a: tfl.SymbolicTensor, b: tfl.SymbolicTensor) => apply(tfl.layers.concatenate(), [a, b])
  const up2 = conv(6, [3, 3], 1, 'same', 'relu')(join(transposed(6, 2)(middle, 6), down2), 7)
  const up1 = conv(4, [3, 3], 1, 'same', 'relu')(join(upSample('nearest')(up2, 8), down1), 9)
  const model = tfl.model({ inputs: input, outputs: conv(2, [1, 1], 1, 'same', 'softmax')(up1, 10) })
  const { rewritten } = await expectAgreement(
    ([x]) => model.apply(x!) as tf.Tensor,
    [open([16, 12, 3])],
    model.layers,
  )
  expect(transposes(rewritten).map(({ inputs }) => inputs[0] === 'x')).toEqual([true, false])
  model.dispose()
})

test('a deep network, 60 blocks that branch and join, comes to an end with one Transpose', async () => {
  const input = tfl.input({ shape: [6, 6, 3] })
  const blocks = Array.from({ length: 20 }, () => [residual, squeeze, norm(true, true)]).flat()
  const first = conv(4, [3, 3], 1, 'same', 'relu')(input, 1)
  const trunk = blocks.reduce((x, block, i) => block(x, 10 * (i + 1)), first)
  const model = tfl.model({ inputs: input, outputs: ENDS['global average']!(trunk, 9) })
  const { rewritten } = await expectAgreement(
    ([x]) => model.apply(x!) as tf.Tensor,
    [open([6, 6, 3])],
    model.layers,
  )
  expect(transposes(rewritten).length).toBe(1)
  expect(rewritten.nodes.length).toBeGreaterThan(200)
  model.dispose()
})

describe('networks of the table end with one Transpose, at the input, on bytes:', () => {
  describe.each(['vgg16', 'mobilenet'] as const)('%s', (name) => {
    // The least side that leaves the head of the recipe something to pool.
    const side = 128
    const alpha = name === 'mobilenet' && { alpha: 0.25 }
    const trunk = buildBackbone(name, { includeTop: false, inputShape: [side, side, 3], seed: 1, ...alpha })
    const featureShape = trunk.outputs[0]!.shape.slice(1) as [number, number, number]

    test.each(Object.keys(HEADS) as HeadName[])('with the head %s', async (head) => {
      const { frozen, trainable } = headLayers(head, { classes: 3, seed: 2, featureShape })
      const outputs = [...frozen, ...trainable].reduce((x, layer) => apply(layer, x), trunk.outputs[0]!)
      const model = tfl.model({ inputs: trunk.inputs, outputs })
      expectOneTransposeOfBytes(await recordFilms(model, side))
    })

    afterAll(() => trunk.dispose())
  })

  test('mobilenet with its own top, where one pixel is reshaped', async () => {
    const model = buildBackbone('mobilenet', {
      includeTop: true,
      alpha: 0.25,
      inputShape: [64, 64, 3],
      seed: 1,
    })
    expectOneTransposeOfBytes(await recordFilms(model, 64))
    model.dispose()
  })
})
