import { describe, expect, it } from 'vitest'
import { missingPart, PROVIDERS, providerNamed, withDevice } from '../../src/infer/providers.ts'

describe('PROVIDERS', () => {
  const bare = {
    platform: 'linux-x64',
    engine: 'onnxruntime-node',
    builtWith: ['cpu', 'webgpu', 'cuda'],
    files: ['onnxruntime_binding.node'],
  }

  for (const [name, place, expected] of [
    ['cpu', bare, null],
    ['webgpu', bare, null],
    ['cuda', bare, /library onnxruntime_providers_cuda does not lie/],
    ['cuda', { ...bare, files: ['libonnxruntime_providers_cuda.so'] }, null],
    ['cuda', { ...bare, files: ['onnxruntime_providers_cuda.dll'] }, null],
    ['coreml', bare, /onnxruntime-node for linux-x64 is built without coreml/],
    [
      'webgpu',
      { ...bare, engine: 'onnxruntime-web', builtWith: ['cpu'] },
      /onnxruntime-web .* without webgpu/,
    ],
  ] as const)
    it(`${name} with ${place.files} is ${expected === null ? 'there' : 'missing'}`, () => {
      const problem = missingPart(providerNamed(name), place)
      if (expected === null) expect(problem).toBeNull()
      else expect(problem).toMatch(expected)
    })

  it('lists the names when one is wrong', () => {
    const names = PROVIDERS.map(({ name }) => name).join(', ')
    expect(() => providerNamed('cudda')).toThrow(`--provider: expected one of ${names}, received cudda`)
  })

  it('takes the number of a device where the provider has several, and refuses it elsewhere', () => {
    expect(withDevice(providerNamed('cuda'), 1)).toEqual({ name: 'cuda', deviceId: 1 })
    expect(withDevice(providerNamed('cpu'), undefined)).toEqual({ name: 'cpu' })
    expect(() => withDevice(providerNamed('cpu'), 1)).toThrow(
      /^ROE_OPTION: --devices: expected none with --provider cpu; tensorrt, cuda, dml take a number, received 1/,
    )
  })
})
