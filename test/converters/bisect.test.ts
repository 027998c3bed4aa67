/** A conversion that gives other numbers names what made them: planted faults are found, each by its name. */
import '@tensorflow/tfjs-backend-cpu'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeFirst } from '../../converters/bisect.ts'
import { type ConvertOptions, convert } from '../../converters/convert.ts'
import { KERNELS } from '../../converters/record/kernels/index.ts'
import type { RecordedFunction } from '../../converters/record/record.ts'
import type { Recording } from '../../converters/record/recording.ts'
import { RULES } from '../../converters/rewrite/rewrite.ts'
import type { Rule } from '../../converters/rewrite/rule.ts'
import { feedsOf } from '../../converters/verify.ts'
import { RoentgenError } from '../../errors.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roentgen-bisect-'))
})
afterAll(() => rm(folder, { recursive: true }))

const he = (seed: number) => tfl.initializers.heNormal({ seed })
const net = tfl.sequential()
for (const layer of [
  tfl.layers.conv2d({
    inputShape: [8, 8, 3],
    filters: 4,
    kernelSize: 3,
    kernelInitializer: he(1),
    name: 'conv',
  }),
  tfl.layers.reLU({ name: 'bend' }),
  tfl.layers.maxPooling2d({ poolSize: 2, name: 'pool' }),
  tfl.layers.conv2d({ filters: 4, kernelSize: 2, kernelInitializer: he(2), name: 'conv2' }),
  tfl.layers.reLU({ name: 'bend2' }),
  tfl.layers.flatten({ name: 'flat' }),
  tfl.layers.dense({ units: 3, kernelInitializer: he(3), name: 'dense' }),
  tfl.layers.softmax({ name: 'shares' }),
])
  net.add(layer)
const fn: RecordedFunction = ([x]) => net.apply(x!) as tf.Tensor
const options: ConvertOptions = {
  inputs: [{ name: 'x', dtype: 'float32', shape: [null, 8, 8, 3] }],
  outputs: ['y'],
  layers: net.layers,
}

async function refusal(): Promise<RoentgenError<'ROE_PARITY'>> {
  const error = await convert(fn, join(folder, 'wrong.onnx'), options).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RoentgenError)
  expect((error as RoentgenError).code).toBe('ROE_PARITY')
  expect(await readdir(folder)).toEqual([])
  return error as RoentgenError<'ROE_PARITY'>
}

type Lower = (call: { tensors: unknown; attrs: unknown; to: Recording }) => string

/** A tenth more than is right, while `body` runs. */
async function planted<T>(kernel: keyof typeof KERNELS, body: () => Promise<T>): Promise<T> {
  const row = KERNELS[kernel] as unknown as { lower: Lower }
  const { lower } = row
  row.lower = (call) => {
    const value = lower(call)
    return call.to.add('Mul', [value, call.to.scalar(1.1, 'fault', value)])
  }
  try {
    return await body()
  } finally {
    row.lower = lower
  }
}

test.each([
  ['FusedConv2D', 'conv'],
  ['Relu', 'bend'],
  ['MaxPool', 'pool'],
  ['_FusedMatMul', 'dense'],
  ['Softmax', 'shares'],
] as const)(
  'a wrong lowering of %s is named, with the first layer that has it: %s',
  async (kernel, layer) => {
    const error = await planted(kernel, refusal)
    expect(error.data.first).toMatch(
      new RegExp(
        `^the first that differs \\(by [\\d.e-]+\\) is node '${layer}/.*' \\(\\w+\\), of tfjs's kernel ${kernel}$`,
      ),
    )
    expect(error.message).toContain(`; ${error.data.first}; `)
  },
)

const WRONG: Rule = {
  name: 'planted-rule',
  describe: 'relu(x) -> leaky(x), which is wrong',
  apply: (node, to) =>
    node.op === 'Relu' && node.name.startsWith('bend2')
      ? { value: to.add(node, 'LeakyRelu', node.inputs, { alpha: 0.5 }) }
      : undefined,
}

test('a wrong rule is named', async () => {
  const rules = RULES as Rule[]
  rules.push(WRONG)
  try {
    expect((await refusal()).data.first).toMatch(
      /^every node agrees as it was recorded; the rule planted-rule changed the numbers/,
    )
  } finally {
    rules.pop()
  }
})

test('where every node and every rule is right, it is what was written; tensors and backend are as before', async () => {
  const feeds = feedsOf(options)
  await describeFirst(fn, feeds, options)
  const { numTensors, numBytes } = tf.memory()
  expect(await describeFirst(fn, feeds, options)).toMatch(/^all its nodes agree, /)
  expect(tf.memory()).toMatchObject({ numTensors, numBytes })
  expect(tf.getBackend()).toBe('cpu')
})
