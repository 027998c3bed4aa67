/** ONNX Runtime in a process of its own: kept for the next model, and replaced when it dies. */
import { expect, test } from 'vitest'
import { Apart, builtFile, DiedApart } from '../../converters/apart.ts'
import { Draft } from '../../converters/graph/draft.ts'
import { encodeModel } from '../../converters/onnx/encode.ts'
import { runOnnx } from '../../converters/onnx/runner.ts'
import { RoentgenError } from '../../errors.ts'

const RUNNER = builtFile('onnx/runner-worker', new URL('../../converters/apart.ts', import.meta.url).href, 1)
const caught = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)

function double(): Uint8Array {
  const to = new Draft()
  const x = to.input('x', { dtype: 'float32', shape: ['N', 2] })
  to.outputs = [to.add('Add', [x, x], {}, 'y')]
  return encodeModel(to.freeze())
}
const feed = [['x', { dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) }]] as const

test('an answer comes back with its types, an error with its code, and the process goes on', async () => {
  const apart = new Apart(RUNNER)
  const error = await caught(apart.ask({ model: Buffer.from('text'), feeds: [] }))
  expect(error).toBeInstanceOf(RoentgenError)
  expect((error as RoentgenError).code).toBe('ROE_MODEL_INVALID')
  const [outputs] = await apart.ask<Map<string, unknown>[]>({ model: double(), feeds: [feed] })
  expect(outputs).toEqual(new Map([['y', { shape: [1, 2], data: Float32Array.of(2, 4) }]]))
  apart.stop()
})

test('a process that dies says so, to who asks then and later', async () => {
  const apart = new Apart(RUNNER)
  const answer = caught(apart.ask({ model: double(), feeds: [feed] }))
  apart.stop()
  for (const error of [await answer, await caught(apart.ask({ model: double(), feeds: [] }))]) {
    expect(error).toBeInstanceOf(DiedApart)
    expect((error as Error).message).toBe('its process ended with signal SIGKILL')
  }
  expect(apart.isAlive).toBe(false)
})

test('two models at once do not meet', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => runOnnx(double(), [feed, feed])))
  for (const [first, second] of runs) {
    expect([...first!.get('y')!.data]).toEqual([2, 4])
    expect(second).toEqual(first)
  }
})
