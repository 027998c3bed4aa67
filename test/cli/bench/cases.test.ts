import { describe, expect, it } from 'vitest'
import { caseId } from '../../../bench/results.ts'
import { casesOf } from '../../../src/cli/bench/cases.ts'

describe('the cases of a suite', () => {
  const models = new Map([
    ['vgg16', ['fp32', 'fp16']],
    ['mine', ['fp32']],
  ] as const)

  it('are every combination once; a single stream has one film a query', () => {
    const cases = casesOf(models, {
      scenarios: ['single-stream', 'offline'],
      providers: ['cpu', 'cuda'],
      batches: [1, 16],
      threads: [2],
    })
    expect(cases.map(caseId).filter((id) => id.includes('cuda') && !id.includes('fp16'))).toEqual([
      'vgg16 single-stream cuda fp32 b1 t2',
      'vgg16 offline cuda fp32 b1 t2',
      'vgg16 offline cuda fp32 b16 t2',
      'mine single-stream cuda fp32 b1 t2',
      'mine offline cuda fp32 b1 t2',
      'mine offline cuda fp32 b16 t2',
    ])
    expect(cases).toHaveLength(18)
    expect(new Set(cases.map(caseId)).size).toBe(18)
  })
})
