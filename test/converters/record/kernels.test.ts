/** Every row of LOWERED, and every row of OPERATORS that they use, against tfjs and ONNX Runtime. */
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, test } from 'vitest'
import { OPERATORS } from '../../../converters/graph/operators.ts'
import { LOWERED } from '../../../converters/record/kernels/index.ts'
import { expectAgreement, randomInputs } from '../harness.ts'
import type { Case } from './case.ts'
import { CASES } from './kernel-cases.ts'

const operators = new Set<string>()
const rows = Object.keys(LOWERED) as (keyof typeof LOWERED)[]

describe.each(rows)('%s', (kernel) => {
  const cases: readonly Case[] = CASES[kernel] ?? []

  test('has a case', () => {
    expect(cases.length).toBeGreaterThan(0)
  })

  test.each(cases.map((row) => [row.title, row] as const))('%s', async (_, { fn, inputs }) => {
    const probe = randomInputs(inputs, 2)
    const { kernelNames } = await tf.profile(() => tf.tidy(() => [fn(probe)].flat().map((y) => tf.keep(y))))
    expect(kernelNames).toContain(kernel)
    const { recorded, rewritten } = await expectAgreement(fn, inputs)
    for (const { op } of [...recorded.nodes, ...rewritten.nodes]) operators.add(op)
  })
})

afterAll(() => {
  // Every operator's shape rule was compared with ONNX Runtime in some graph above.
  expect([...operators].toSorted()).toEqual(Object.keys(OPERATORS).toSorted())
})
