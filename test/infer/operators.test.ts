import { expect, it } from 'vitest'
import { describeOperators, operatorsOf } from '../../src/infer/operators.ts'

/** As ONNX Runtime 1.30 writes it. */
const kernel = (node: number, kind: string, provider: string) => ({
  name: `${kind}_${node}_kernel_time`,
  args: { op_name: kind, provider: `${provider}ExecutionProvider`, node_index: String(node) },
})

const events = [
  { name: 'session_initialization', args: {} },
  kernel(0, 'Conv', 'WebGpu'),
  kernel(1, 'Gather', 'CPU'),
  kernel(2, 'MemcpyToHost', 'WebGpu'),
  kernel(3, 'Relu', 'WebGpu'),
  { name: 'model_run' },
  kernel(0, 'Conv', 'WebGpu'),
]

for (const [provider, expected, words] of [
  ['webgpu', { all: 3, taken: 2, left: { Gather: 1 } }, '2 of 3 operators; on the cpu: 1 Gather'],
  ['cpu', { all: 3, taken: 1, left: { Conv: 1, Relu: 1 } }, '1 of 3 operators'],
  ['cuda', { all: 3, taken: 0, left: { Conv: 1, Gather: 1, Relu: 1 } }, '0 of 3 operators'],
] as const)
  it(`counts what ${provider} ran, each operator once, copies between devices not`, () => {
    expect(operatorsOf(events, provider)).toEqual(expected)
    expect(describeOperators(operatorsOf(events, provider))).toContain(words)
  })

it('says nothing of a cpu that ran the rest when there is no rest', () => {
  expect(describeOperators({ all: 7, taken: 7, left: {} })).toBe('7 of 7 operators')
})
