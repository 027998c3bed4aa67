/** The table of all kernels: complete, honest about what it cannot do, and printed as it is. */
import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { coveragePage } from '../../../converters/record/coverage.ts'
import { KERNELS, type KernelRow } from '../../../converters/record/kernels/index.ts'
import { HOST, REFUSED } from '../../../converters/record/kernels/not-lowered.ts'
import { record } from '../../../converters/record/record.ts'
import { hasCode, RoentgenError } from '../../../errors.ts'
import { open } from '../harness.ts'

const names = Object.entries(tf)
  .filter(([key, value]) => value === key && /^_?[A-Z]/.test(key))
  .map(([key]) => key)
const rows = Object.values<KernelRow>(KERNELS)
const kinds = (kind: KernelRow['kind']): number => rows.filter((row) => row.kind === kind).length

test('every kernel of tfjs-core has a row, and no other', () => {
  expect(Object.keys(KERNELS).toSorted()).toEqual(names.toSorted())
  expect(names.length).toBe(180)
  expect(kinds('lowered')).toBeGreaterThanOrEqual(120)
  expect(kinds('lowered') + kinds('host') + kinds('refused')).toBe(names.length)
})

test('docs/coverage.md is the table: npm run build && node dist/scripts/write-coverage.js', async () => {
  expect(await readFile('docs/coverage.md', 'utf8')).toBe(coveragePage())
})

/** Calls a kernel by its name on the model's input. */
const refusalOf = async (kernel: string): Promise<RoentgenError> => {
  const fn = ([x]: tf.Tensor[]) =>
    tf.engine().runKernel(kernel, { x: x!, input: x!, image: x! }, {}) as tf.Tensor
  const options = { inputs: [open([4, 4, 3])], outputs: ['y'] }
  const error = await record(fn, options).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RoentgenError)
  return error as RoentgenError
}

describe('a kernel that becomes no nodes is refused with the reason of its row', () => {
  const REASONS = { ...REFUSED, ...HOST }
  test.each(Object.entries(REASONS))('%s', async (kernel, reason) => {
    const error = await refusalOf(kernel)
    expect(hasCode(error, 'ROE_OP_UNSUPPORTED')).toBe(true)
    expect(error.message).toContain(`the model: kernel '${kernel}' (${reason}) has no ONNX lowering`)
  })
})

test('every kernel that is evaluated on the host is one that tfjs cpu has', () => {
  const missing = Object.keys(HOST).filter((kernel) => tf.getKernel(kernel, 'cpu') === undefined)
  expect(missing).toEqual([])
})
