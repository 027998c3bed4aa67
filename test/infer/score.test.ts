import { describe, expect, it } from 'vitest'
import { openModelFile } from '../../src/infer/model-file.ts'
import { type ScoreOptions, setupOf } from '../../src/infer/score.ts'
import { fixture } from './films.ts'

const model = await openModelFile(fixture('classifier'))
const { preprocessing } = model
const tap = { value: 'means', shape: 'flat' } as const

describe('setupOf', () => {
  const CASES: [option: string, change: Partial<ScoreOptions>, told: object][] = [
    ['models', {}, { models: [{ model: model.path, preprocessing, taps: [] }] }],
    ['wishes: taps', { wishes: { taps: [[tap]] } }, { models: [{ taps: [tap] }] }],
    ['wishes: tta', { wishes: { tta: 'flip' } }, { tta: 'flip' }],
    ['provider', { provider: 'cuda' }, { provider: 'cuda' }],
    ['no provider', {}, { provider: 'cpu' }],
    ['tf32', { tf32: true }, { tf32: true }],
    ['no tf32', {}, { tf32: false }],
    ['batch', { batch: 5 }, { batch: 5 }],
    ['threads', { threads: 3 }, { threads: 3 }],
    ['decoders', { decoders: 3 }, { decoders: 3 }],
  ]
  it.each(CASES)('tells workers of %s', (_, change, told) =>
    expect(setupOf({ models: [model], ...change })).toMatchObject(told),
  )
})
