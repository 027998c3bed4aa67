/** Sizes other than the batch that stay open: the same numbers as tfjs at several of them, one Transpose at most, and
 *  what really depends on a number is refused by its name. */
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Graph, graphText } from '../../../converters/graph/graph.ts'
import { trialShapes } from '../../../converters/graph/trial-shapes.ts'
import { type RecordedFunction, record } from '../../../converters/record/record.ts'
import { RoentgenError } from '../../../errors.ts'
import { expectAgreement, open, type TestInput, weight } from '../harness.ts'

const input = (shape: (number | null)[], name = 'x'): TestInput => ({ ...open([], {}, name), shape })
const FILM = input([null, null, null, 3])

/** Small maps that are even and odd. */
const SIZES = [[[1, 8, 12, 3]], [[3, 13, 9, 3]], [[2, 10, 15, 3]]]

const agree = (fn: RecordedFunction, inputs = [FILM], sizes: number[][][] = SIZES) =>
  expectAgreement(fn, inputs, [], sizes)

const filter = (kernel: number, inputs = 3, outputs = 4) =>
  weight<tf.Rank.R4>([kernel, kernel, inputs, outputs])
const conv =
  (kernel: number, stride: number, pad: 'same' | 'valid'): RecordedFunction =>
  ([x]) =>
    tf.conv2d(x as tf.Tensor4D, filter(kernel), stride, pad)

describe('a window', () => {
  const CASES: [string, RecordedFunction, string, string][] = [
    ['of 3, same', conv(3, 1, 'same'), 'N,H,W,4', 'pads: [1,1,1,1]'],
    ['of 3, valid', conv(3, 1, 'valid'), 'N,H-2,W-2,4', 'pads: [0,0,0,0]'],
    [
      'of 3 by 2, same: padding depends on the size',
      conv(3, 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),4',
      'SAME_UPPER',
    ],
    ['of 3 by 2, valid', conv(3, 2, 'valid'), 'N,floor((H+1)/2)-1,floor((W+1)/2)-1,4', 'pads: [0,0,0,0]'],
    ['of 4 by 3, same', conv(4, 3, 'same'), 'N,floor((H+2)/3),floor((W+2)/3),4', 'SAME_UPPER'],
    [
      'that is dilated',
      ([x]) => tf.conv2d(x as tf.Tensor4D, filter(3), 1, 'same', 'NHWC', 2),
      'N,H,W,4',
      'pads: [2,2,2,2]',
    ],
    [
      'of a pool by 2, same',
      ([x]) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),3',
      'SAME_UPPER',
    ],
    [
      'of an average by 2, same: padding does not count',
      ([x]) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),3',
      'SAME_UPPER',
    ],
    [
      'of a pool by 2, valid',
      ([x]) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
      'N,floor(H/2),floor(W/2),3',
      'pads: [0,0,0,0]',
    ],
    [
      'of a depthwise convolution by 2',
      ([x]) => tf.depthwiseConv2d(x as tf.Tensor4D, weight([3, 3, 3, 2]), 2, 'same'),
      'N,floor((H+1)/2),floor((W+1)/2),6',
      'SAME_UPPER',
    ],
  ]
  test.each(CASES)('%s', async (_, fn, shape, padding) => {
    const { rewritten } = await agree(fn)
    expect(String(rewritten.types.get('y0')?.shape)).toBe(shape)
    expect(graphText(rewritten)).toContain(padding)
  })
})

describe('a size stays open through', () => {
  const CASES: [string, RecordedFunction][] = [
    ['a cropped border', ([x]) => tf.slice(x!, [0, 1, 2, 0], [-1, x!.shape[1]! - 3, x!.shape[2]! - 2, -1])],
    ['a first row', ([x]) => tf.slice(x!, [0, 0, 0, 0], [-1, 1, -1, -1])],
    [
      'a padded map',
      ([x]) =>
        tf.mirrorPad(
          tf.pad(x!, [
            [0, 0],
            [1, 0],
            [2, 2],
            [0, 0],
          ]),
          [
            [0, 0],
            [0, 0],
            [0, 0],
            [0, 0],
          ],
          'reflect',
        ),
    ],
    [
      'a map that is doubled',
      ([x]) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * x!.shape[1]!, 2 * x!.shape[2]!]),
    ],
    [
      'a map that is made smooth',
      ([x]) => tf.image.resizeBilinear(x as tf.Tensor4D, [3 * x!.shape[1]!, 2 * x!.shape[2]!]),
    ],
    ['means', ([x]) => [tf.mean(x!, [1, 2]), tf.max(x!, 1), tf.mean(x!, 2, true)]],
    ['pixels in a row', ([x]) => tf.reshape(x!, [x!.shape[0]!, -1, 3])],
    ['all of a film in a row', ([x]) => tf.reshape(x!, [x!.shape[0]!, -1])],
    ['pixels in a row and back', ([x]) => tf.reshape(tf.relu(tf.reshape(x!, [-1, 3])), x!.shape)],
    ['axes that change places', ([x]) => tf.transpose(tf.sigmoid(x!), [0, 2, 1, 3])],
    ['constants as large as the map', ([x]) => tf.add(x!, tf.mul(tf.onesLike(x!), 2))],
    ['a constant map beside it', ([x]) => tf.concat([x!, tf.fill([...x!.shape.slice(0, 3), 2], 0.5)], 3)],
    [
      'a value for all pixels',
      ([x]) => tf.tile(tf.mean(x!, [1, 2], true), [1, x!.shape[1]!, x!.shape[2]!, 1]),
    ],
    ['the numbers of its rows', ([x]) => tf.mul(x!, tf.reshape(tf.range(0, x!.shape[1]!), [1, -1, 1, 1]))],
    [
      'a shape that is computed as a GraphModel does',
      ([x]) => {
        const shape = tf.tensor1d(x!.shape, 'int32')
        const [n, h] = [0, 1].map((i) => tf.stridedSlice(shape, [i], [i + 1], [1], 0, 0, 0, 0, 1))
        return tf.reshape(x!, [...tf.stack([n!, h!, tf.scalar(-1, 'int32')]).dataSync()])
      },
    ],
  ]
  test.each(CASES)('%s', async (_, fn) => {
    await agree(fn)
    // As a network does it: on a map behind a convolution.
    await agree((inputs) =>
      fn(
        [conv(3, 1, 'same')(inputs) as tf.Tensor].map((map) => tf.slice(map, [0, 0, 0, 0], [-1, -1, -1, 3])),
      ),
    )
  })
})

const seeded = (seed: number) => tfl.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed })
const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
  layer.apply(x) as tfl.SymbolicTensor
const transposes = (graph: Graph): number => graph.nodes.filter(({ op }) => op === 'Transpose').length

/** Records a LayersModel with the shapes that its inputs declare, and compares it at these sizes. */
async function agreeModel(
  inputs: tfl.SymbolicTensor[],
  outputs: tfl.SymbolicTensor | tfl.SymbolicTensor[],
  sizes: number[][][],
): Promise<Graph> {
  const model = tfl.model({ inputs, outputs })
  const declared = inputs.map(({ shape }, i) => input(shape, `x${i}`))
  const fn: RecordedFunction = (tensors) =>
    model.apply(tensors.length === 1 ? tensors[0]! : tensors) as tf.Tensor
  const { rewritten } = await expectAgreement(fn, declared, model.layers, sizes)
  model.dispose()
  return rewritten
}

const conv2d = (filters: number, strides: number, seed: number, kernelSize = 3) =>
  tfl.layers.conv2d({
    filters,
    kernelSize,
    strides,
    padding: 'same',
    activation: 'relu',
    kernelInitializer: seeded(seed),
    biasInitializer: seeded(seed + 1),
  })
const norm = (seed: number) =>
  tfl.layers.batchNormalization({ gammaInitializer: seeded(seed), movingMeanInitializer: seeded(seed + 1) })
const dense = (units: number, seed: number) => tfl.layers.dense({ units, kernelInitializer: seeded(seed) })
const shapeOf = (graph: Graph, value = graph.outputs[0]!): string => String(graph.types.get(value)!.shape)

describe('a network', () => {
  test('that ends in a mean over the map takes every size, with one Transpose', async () => {
    const film = tfl.input({ shape: [null, null, 3] })
    const first = apply(norm(2), apply(conv2d(4, 2, 1), film))
    const second = apply(tfl.layers.add(), [apply(conv2d(4, 1, 4), first), first])
    const third = apply(tfl.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }), second)
    const mean = apply(tfl.layers.globalAveragePooling2d({}), apply(conv2d(5, 2, 7), third))
    const classes = apply(
      tfl.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: seeded(9) }),
      mean,
    )
    const graph = await agreeModel([film], classes, SIZES)
    expect(shapeOf(graph, 'x0')).toBe('N,H,W,3')
    expect(shapeOf(graph)).toBe('N,3')
    expect(transposes(graph)).toBe(1)
  })

  test('that joins maps over its middle takes the multiples of its strides, as tfjs does', async () => {
    const film = tfl.input({ shape: [null, null, 3] })
    const down = apply(conv2d(4, 1, 1), film)
    const middle = apply(conv2d(6, 2, 3), apply(tfl.layers.maxPooling2d({ poolSize: 2 }), down))
    const up = apply(tfl.layers.upSampling2d({ size: [2, 2] }), middle)
    const deconv = tfl.layers.conv2dTranspose({
      filters: 3,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      kernelInitializer: seeded(5),
    })
    const joined = apply(tfl.layers.concatenate(), [apply(deconv, up), down])
    const graph = await agreeModel([film], apply(conv2d(2, 1, 8, 1), joined), [
      [[1, 8, 12, 3]],
      [[3, 16, 4, 3]],
      [[2, 20, 8, 3]],
    ])
    expect(shapeOf(graph, 'x0')).toBe('N,4*H,4*W,3')
    expect(shapeOf(graph)).toBe('N,4*H,4*W,2')
    expect(graphText(graph)).not.toContain('SAME_UPPER')
    expect(transposes(graph)).toBe(2)
  })

  test('that needs large films is recorded with large ones', async () => {
    const film = tfl.input({ shape: [null, null, 1] })
    const pool = apply(tfl.layers.averagePooling2d({ poolSize: 150, strides: 50 }), film)
    const graph = await agreeModel([film], apply(conv2d(2, 1, 3), pool), [
      [[1, 150, 201, 1]],
      [[1, 260, 151, 1]],
    ])
    expect(shapeOf(graph)).toBe('N,floor(H/50)-2,floor(W/50)-2,2')
  })

  test('of sequences takes every length', async () => {
    const words = tfl.input({ shape: [null, 4] })
    const conv = tfl.layers.conv1d({
      filters: 5,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      kernelInitializer: seeded(3),
    })
    const rows = apply(conv, apply(dense(6, 1), words))
    const pooled = apply(tfl.layers.globalMaxPooling1d({}), apply(dense(3, 6), rows))
    const sizes = [[[1, 8, 4]], [[3, 13, 4]], [[2, 1, 4]]]
    const graph = await agreeModel([words], [rows, pooled], sizes)
    expect(shapeOf(graph, 'x0')).toBe('N,L,4')
    expect(shapeOf(graph)).toBe('N,floor((L+1)/2),5')
  })

  test('of numbered words takes every length', async () => {
    const words = tfl.input({ shape: [null], dtype: 'int32' })
    const rows = apply(
      tfl.layers.embedding({ inputDim: 50, outputDim: 3, embeddingsInitializer: seeded(2) }),
      words,
    )
    const model = tfl.model({ inputs: words, outputs: apply(tfl.layers.globalAveragePooling1d({}), rows) })
    const counted: TestInput = { ...open([], { dtype: 'int32', from: 0, to: 50 }), shape: [null, null] }
    const { rewritten } = await expectAgreement(
      ([x]) => model.apply(x!) as tf.Tensor,
      [counted],
      model.layers,
      [[[1, 8]], [[3, 13]]],
    )
    expect(shapeOf(rewritten, 'x')).toBe('N,D1')
    model.dispose()
  })

  test('of two films names the sizes of each, or one for both where they must agree', async () => {
    const films = [tfl.input({ shape: [null, null, 2] }), tfl.input({ shape: [null, null, 2] })]
    const shared = conv2d(3, 1, 1)
    const maps = films.map((film) => apply(shared, film))
    const means = maps.map((map) => apply(tfl.layers.globalAveragePooling2d({}), map))
    const apart = await agreeModel(films, apply(tfl.layers.concatenate(), means), [
      [
        [2, 5, 6, 2],
        [2, 8, 7, 2],
      ],
      [
        [1, 9, 4, 2],
        [1, 3, 5, 2],
      ],
    ])
    expect([shapeOf(apart, 'x0'), shapeOf(apart, 'x1')]).toEqual(['N,x0_H,x0_W,2', 'N,x1_H,x1_W,2'])
    const joined = await agreeModel(films, apply(tfl.layers.add(), maps), [
      [
        [2, 5, 6, 2],
        [2, 5, 6, 2],
      ],
      [
        [1, 9, 4, 2],
        [1, 9, 4, 2],
      ],
    ])
    expect([shapeOf(joined, 'x0'), shapeOf(joined, 'x1')]).toEqual(['N,H,W,2', 'N,H,W,2'])
  })

  test('keeps a batch that is declared as a number', async () => {
    const { rewritten } = await agree(
      conv(3, 2, 'same'),
      [input([1, null, null, 3])],
      [[[1, 8, 12, 3]], [[1, 9, 7, 3]]],
    )
    expect(shapeOf(rewritten, 'x')).toBe('1,H,W,3')
  })

  test('of films with the channels first names what is open', async () => {
    const fn: RecordedFunction = ([x]) => conv(3, 2, 'same')([tf.transpose(x!, [0, 2, 3, 1])])
    const { rewritten } = await agree(fn, [input([null, 3, null, null])], [[[1, 3, 8, 12]], [[2, 3, 9, 7]]])
    expect(shapeOf(rewritten, 'x')).toBe('N,3,H,W')
  })
})

describe('is refused, with what to do: an open size that really is a number, in', () => {
  const CASES: [string, RecordedFunction, string, string][] = [
    [
      'a matrix product of the whole film',
      ([x]) => tf.matMul(tf.reshape(x!, [x!.shape[0]!, -1]) as tf.Tensor2D, weight<tf.Rank.R2>([192, 2])),
      'the model',
      'tfjs fails for an input of [3,131,149,3]',
    ],
    [
      'a film resized to one size',
      ([x]) => tf.image.resizeBilinear(x as tf.Tensor4D, [8, 8]),
      'Resize',
      'a constant changes with the size',
    ],
    [
      'a map resized to the size of the film',
      ([x]) => tf.image.resizeBilinear(conv(3, 2, 'same')([x!]) as tf.Tensor4D, [x!.shape[1]!, x!.shape[2]!]),
      'Resize',
      'a constant changes with the size',
    ],
    ['a film that is turned over', ([x]) => tf.reverse(x!, 1), 'Gather', 'a constant changes with the size'],
    ['a factor', ([x]) => tf.mul(x!, x!.shape[1]!), 'Mul', 'a constant changes with the size'],
    [
      'steps along the film',
      ([x]) => tf.addN(tf.unstack(x!, 1)),
      'Gather_131',
      'it runs other operations for another size',
    ],
    [
      'half of a film',
      ([x]) => tf.slice(x!, [0, 0, 0, 0], [-1, Math.floor(x!.shape[1]! / 2), -1, -1]),
      'Slice',
      'Slice to [65] becomes [83]',
    ],
  ]
  test.each(CASES)('%s', async (_, fn, where, words) => {
    const message = await refusal(fn)
    expect(message).toContain(`ROE_SIZE_OPEN: ${where}: its sizes are declared open, but ${words}`)
    expect(message).toContain('give them, for example --shape N,224,224,3')
  })

  test('a layer, by its name', async () => {
    const film = tfl.input({ shape: [null, null, 3] })
    const rows = tfl.layers.reshape({ targetShape: [62, -1], name: 'rows' })
    const model = tfl.model({ inputs: film, outputs: apply(rows, film) })
    expect(await refusal(([x]) => model.apply(x!) as tf.Tensor, FILM, model.layers)).toContain(
      'ROE_SIZE_OPEN: rows: its sizes are declared open, but tfjs fails for an input of [3,131,149,3]',
    )
    model.dispose()
  })

  test('a recurrent layer, whose steps are as many as the sequence is long', async () => {
    const words = tfl.input({ shape: [null, 4] })
    const initial = { kernelInitializer: seeded(1), recurrentInitializer: seeded(2) }
    const model = tfl.model({
      inputs: words,
      outputs: apply(tfl.layers.lstm({ units: 3, name: 'memory', ...initial }), words),
    })
    expect(
      await refusal(([x]) => model.apply(x!) as tf.Tensor, input([null, null, 4]), model.layers),
    ).toMatch(
      /ROE_SIZE_OPEN: memory\/.*, but it runs other operations for another size; give them, for example --shape N,224,4$/,
    )
    model.dispose()
  })
})

/** The words of a refusal. */
async function refusal(fn: RecordedFunction, film = FILM, layers: tfl.layers.Layer[] = []): Promise<string> {
  const error = await record(fn, { inputs: [film], outputs: ['y'], layers }).then(
    () => expect.fail('it was not refused'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RoentgenError)
  expect((error as RoentgenError).code).toBe('ROE_SIZE_OPEN')
  return (error as RoentgenError).message
}

describe('random networks of every size', () => {
  /** From the map so far to the next. */
  type Step = (x: tfl.SymbolicTensor, seed: number) => tfl.SymbolicTensor
  const side = fc.integer({ min: 1, max: 3 })
  const steps: fc.Arbitrary<Step> = fc.oneof(
    fc
      .record({
        kernelSize: fc.tuple(side, side),
        strides: fc.tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2)),
        padding: fc.constantFrom('same' as const, 'valid' as const),
        filters: fc.integer({ min: 1, max: 4 }),
      })
      .map(
        (options): Step =>
          (x, seed) =>
            apply(tfl.layers.conv2d({ ...options, activation: 'tanh', kernelInitializer: seeded(seed) }), x),
      ),
    fc
      .record({
        kernelSize: fc.constantFrom(2, 3),
        dilationRate: fc.constantFrom(1, 2),
        depthMultiplier: fc.constantFrom(1, 2),
        padding: fc.constantFrom('same' as const, 'valid' as const),
      })
      .map(
        (options): Step =>
          (x, seed) =>
            apply(tfl.layers.depthwiseConv2d({ ...options, depthwiseInitializer: seeded(seed) }), x),
      ),
    fc
      .record({
        kind: fc.constantFrom('maxPooling2d' as const, 'averagePooling2d' as const),
        poolSize: fc.constantFrom(2, 3),
        strides: fc.constantFrom(1, 2, 3),
        padding: fc.constantFrom('same' as const, 'valid' as const),
      })
      .map(
        ({ kind, ...options }): Step =>
          (x) =>
            apply(tfl.layers[kind](options), x),
      ),
    fc.constantFrom('nearest' as const, 'bilinear' as const).map(
      (interpolation): Step =>
        (x) =>
          apply(tfl.layers.upSampling2d({ size: [2, 3], interpolation }), x),
    ),
    fc
      .record({
        kernelSize: fc.constantFrom(2, 3),
        padding: fc.constantFrom('same' as const, 'valid' as const),
      })
      .map(
        (options): Step =>
          (x, seed) =>
            apply(
              tfl.layers.conv2dTranspose({
                ...options,
                filters: 2,
                strides: 2,
                kernelInitializer: seeded(seed),
              }),
              x,
            ),
      ),
    fc.tuple(side, side).map(
      ([top, left]): Step =>
        (x) =>
          apply(
            tfl.layers.zeroPadding2d({
              padding: [
                [top, 0],
                [left, 1],
              ],
            }),
            x,
          ),
    ),
    fc.constant<Step>((x) =>
      apply(
        tfl.layers.cropping2D({
          cropping: [
            [1, 0],
            [0, 1],
          ],
        }),
        x,
      ),
    ),
    fc.constant<Step>((x, seed) => apply(norm(seed), x)),
    // A skip over two layers, and branches joined.
    fc.constant<Step>((x, seed) =>
      apply(tfl.layers.add(), [x, apply(conv2d(x.shape.at(-1) as number, 1, seed), x)]),
    ),
    fc.constant<Step>((x, seed) =>
      apply(tfl.layers.concatenate(), [apply(conv2d(2, 2, seed), x), apply(conv2d(3, 2, seed + 1, 1), x)]),
    ),
  )
  /** Down and up again, to where the maps are joined: only multiples of 2 can be, of 4 with another such within. */
  const hourglass =
    (depth: number): Step =>
    (x, seed) => {
      if (depth === 0) return x
      const within = hourglass(depth - 1)(apply(conv2d(2, 2, seed), x), seed + 3)
      return apply(tfl.layers.concatenate(), [apply(tfl.layers.upSampling2d({ size: [2, 2] }), within), x])
    }
  const ENDS: Record<string, Step> = {
    'the map itself': (x) => x,
    'its mean': (x) => apply(tfl.layers.globalAveragePooling2d({}), x),
    'its mean, and a layer': (x, seed) => apply(dense(2, seed), apply(tfl.layers.globalMaxPooling2d({}), x)),
    'a layer on each pixel': (x, seed) => apply(dense(3, seed), x),
  }
  const tried = { networks: 0, multiples: 0 }

  test('give what tfjs gives at three sizes, with one Transpose, or two where the output is a map', async () => {
    const networks = fc.record({
      depth: fc.constantFrom(0, 0, 0, 1, 2),
      body: fc.array(steps, { minLength: 1, maxLength: 5 }),
      end: fc.constantFrom(...Object.keys(ENDS)),
      seed: fc.integer({ min: 1, max: 10_000 }),
    })
    const property = fc.asyncProperty(networks, async ({ depth, body, end, seed }) => {
      const film = tfl.input({ shape: [null, null, 2] })
      const first = hourglass(depth)(apply(conv2d(3, 1, seed), film), seed + 100)
      const trunk = body.reduce((x, step, i) => step(x, seed + 10 * (i + 1)), first)
      const output = ENDS[end]!(trunk, seed + 90)
      const model = tfl.model({ inputs: film, outputs: output })
      const fn: RecordedFunction = ([x]) => model.apply(x!) as tf.Tensor
      const declared = input([null, null, null, 2])
      const recorded = await record(fn, { inputs: [declared], outputs: ['y'], layers: model.layers })
      const sizes = threeSizes(recorded)
      const { rewritten } = await expectAgreement(fn, [declared], model.layers, sizes)
      expect(transposes(rewritten)).toBeLessThanOrEqual(output.shape.length === 4 ? 2 : 1)
      tried.networks++
      expect(shapeOf(recorded, 'x')).toBe(['N,H,W,2', 'N,2*H,2*W,2', 'N,4*H,4*W,2'][depth])
      if (depth > 0) tried.multiples++
      model.dispose()
    })
    await fc.assert(property, { numRuns: 30 })
    expect(tried.networks).toBeGreaterThanOrEqual(30)
    expect(tried.multiples).toBeGreaterThan(0)
  })

  /** The two that a conversion tries, and one larger that is unlike them. */
  function threeSizes(graph: Graph): number[][][] {
    const [first, second] = trialShapes(graph, 8) as [number[][], number[][]]
    const third = first[0]!.map((size, axis) => (axis === 0 ? 2 : size + second[0]![axis]!))
    return [first, second, [third.with(3, 2)]]
  }
})
