import { describe, expect, it } from 'vitest'
import { tryModels, tryProvider } from '../../src/infer/trial.ts'
import { fixture } from './films.ts'

describe('tryProvider', () => {
  it('opens a session on cpu', async () => {
    expect(await tryProvider('cpu')).toBeNull()
  })

  it('says in one line why a provider does not run', async () => {
    expect(await tryProvider(process.platform === 'win32' ? 'coreml' : 'dml')).toMatch(/^[^\n]*built without/)
  })
})

describe('tryModels', () => {
  it('runs a batch of films that differ, and counts the operators that the provider ran', async () => {
    const request = { provider: 'cpu', models: [fixture('classifier')], batch: 4, threads: 1 } as const
    const [trial] = await tryModels({ ...request, timed: true })
    const { outputs, operators, batchMs } = trial!
    expect(outputs.map(({ shape }) => shape)).toEqual([[4, 3]])
    expect(new Set(outputs[0]!.data).size).toBe(12)
    expect(operators.all).toBeGreaterThan(3)
    expect(operators).toEqual({ all: operators.all, taken: operators.all, left: {} })
    expect(batchMs).toBeGreaterThan(0)
  })

  it('leaves what is said of the model as it is', async () => {
    const request = { provider: 'cpu', models: [fixture('garbage')], timed: false } as const
    await expect(tryModels(request)).rejects.toThrow(/^ROE_MODEL_INVALID: .*Protobuf parsing failed/)
  })
})
