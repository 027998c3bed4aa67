import { describe, expect, it } from 'vitest'
import {
  type Chosen,
  chooseProvider,
  describeChoice,
  describeProvider,
} from '../../src/infer/choose-provider.ts'
import { fixture } from './films.ts'

const models = [{ path: fixture('classifier'), precision: 'fp32' }] as const
const wish = { threads: 1, batch: 4 } as const
/** Never there: DirectML is Windows only, Core ML macOS only. */
const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml'

describe('chooseProvider', () => {
  it('takes the cpu as it is', async () => {
    const chosen = await chooseProvider(models, { ...wish, wanted: 'cpu' })
    expect(chosen).toMatchObject({ provider: 'cpu', tried: [], passedOver: [] })
    expect(chosen.engine.name).toBe('onnxruntime-node')
    expect(chosen.engine.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(describeProvider(chosen)).toBe('cpu')
    expect(describeChoice(chosen)).toEqual([])
  })

  it('ends with an error when the provider that is named is not there', async () => {
    await expect(chooseProvider(models, { ...wish, wanted: elsewhere })).rejects.toThrow(
      /^ROE_PROVIDER: .*built without/,
    )
  })

  it('says of each that auto passes over why', async () => {
    const { passedOver } = await chooseProvider(models, { ...wish, wanted: 'auto' })
    expect(passedOver.find(({ provider }) => provider === elsewhere)?.why).toMatch(/built without/)
    for (const { why } of passedOver) expect(why).toMatch(/^[^\n]{10,}$/)
  })
})

it('the choice is told in a line each', () => {
  const engine = { name: 'onnxruntime-web', version: '1.30.0', by: 'wasm' } as const
  const chosen: Chosen = {
    provider: 'cuda',
    engine,
    tried: [{ operators: { all: 3, taken: 2, left: { Gather: 1 } }, maxAbs: 0.25, agrees: false }],
    passedOver: [{ provider: 'webgpu', why: 'it is 2.0 times slower' }],
  }
  expect(describeProvider({ ...chosen, provider: 'cpu' })).toBe('cpu (onnxruntime-web, wasm)')
  expect(describeChoice(chosen)).toEqual([
    'cuda runs 2 of 3 operators; on the cpu: 1 Gather; but it differs from the cpu by 2.5e-1, more than rounding explains: check its driver before you trust it',
    'not webgpu: it is 2.0 times slower',
  ])
})
