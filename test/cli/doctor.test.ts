import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { loadTurbo } from '../../src/image/turbo.ts'
import { PROVIDERS } from '../../src/infer/providers.ts'
import { ENGINES } from '../../src/train/engines/engines.ts'
import { fixture } from '../infer/films.ts'
import { roentgen } from './run.ts'

const MODEL = fixture('classifier')

describe('roentgen doctor', () => {
  it('ends with 0 and tells versions, each provider and each engine', async () => {
    const { status, stdout, stderr } = await roentgen(['doctor', '--json'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({
      roentgen: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    })
    expect(found.providers.map(({ name }: { name: string }) => name)).toEqual(
      PROVIDERS.map(({ name }) => name),
    )
    const there = (section: string, name: string) =>
      found[section].find((finding: { name: string }) => finding.name === name)
    expect(there('providers', 'cpu')).toMatchObject({ isThere: true, advice: null })
    expect(there('packages', 'sharp').detail).toMatch(/^\d+\.\d+\.\d+, libvips \d+\./)
    expect(there('packages', 'libjpeg-turbo')).toMatchObject({
      isThere: typeof (await loadTurbo()) !== 'string',
    })
    expect(found.engines.map(({ name }: { name: string }) => name)).toEqual(ENGINES.map(({ name }) => name))
    expect(there('engines', 'cpu')).toMatchObject({ isThere: true, advice: null })
    expect(there('engines', 'tensorflow').advice).toBe('run roentgen native install tensorflow')
    expect(there('packages', '@tensorflow/tfjs-backend-wasm').isThere).toBe(true)
    for (const finding of [...found.providers, ...found.native, ...found.engines, ...found.packages]) {
      expect(finding.detail).toMatch(/^[^\n]{5,}$/)
      expect(finding.advice === null).toBe(finding.isThere)
    }
  })

  it('has one line for each finding, with what to do about those that are missing', async () => {
    const { stdout } = await roentgen(['doctor'])
    const missing = stdout.split('\n').filter((line) => /^ {2}\S+ +missing /.test(line))
    expect(missing.length).toBeGreaterThan(0)
    for (const line of missing) expect(line).toMatch(/; \S/)
  })

  it('measures how a run of a model shares the cores, on made-up films', async () => {
    const { status, stdout } = await roentgen(['doctor', '--tune', '-m', MODEL, '--json'])
    expect(status).toBe(0)
    const { trials, choice, cores } = JSON.parse(stdout)
    expect(cores).toBe(availableParallelism())
    expect(trials.length > 0 ? trials : [choice]).toContainEqual(
      expect.objectContaining({
        workers: choice.workers,
        threads: choice.threads,
        decoders: choice.decoders,
      }),
    )
  })

  it('wants a model to tune for, and --tune with a model', async () => {
    for (const words of [['--tune'], ['-m', MODEL]]) {
      const { status, stderr } = await roentgen(['doctor', ...words])
      expect(status).toBe(2)
      expect(stderr).toMatch(/^ROE_USAGE: [^\n]*\n$/)
    }
  })
})
