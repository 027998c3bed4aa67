import { describe, expect, it } from 'vitest'
import { RULES } from '../../../bench/scenarios.ts'
import { BACKBONES } from '../../../models/index.ts'
import { planOf } from '../../../src/cli/bench/options.ts'

type Given = Parameters<typeof planOf>[0]

/** What yargs makes of a command line without options. */
const GIVEN: Given = {
  ...{ backbone: undefined, model: undefined, scenario: undefined, threads: undefined, size: undefined },
  ...{ data: undefined, positive: undefined, rounds: undefined, duration: undefined },
  ...{ out: 'bench', provider: 'cpu', precision: 'fp32', batch: '16', weights: 'random' },
  ...{ quick: false, seed: 42, json: false },
}
const plan = (given: Partial<Given>) => planOf({ ...GIVEN, ...given })

describe('the options of bench', () => {
  it('all is every backbone at its own size, a name twice is one', () => {
    const all = plan({ backbone: 'all' }).backbones
    expect(all.map(({ backbone, size }) => [backbone, size])).toEqual(
      Object.entries(BACKBONES).map(([name, { inputSize }]) => [name, inputSize]),
    )
    const two = plan({ backbone: 'vgg16, mobilenet,vgg16', size: 64 }).backbones
    expect(two.map(({ backbone, size }) => [backbone, size])).toEqual([
      ['vgg16', 64],
      ['mobilenet', 64],
    ])
  })

  it('a run that is shorter than usual is a quick one, whatever it is called', () => {
    const { minDurationMs, rounds } = RULES.normal
    const isQuick = (given: Partial<Given>) => plan({ backbone: 'vgg16', ...given }).isQuick
    expect(isQuick({})).toBe(false)
    expect(isQuick({ duration: minDurationMs / 1000, rounds })).toBe(false)
    expect(isQuick({ duration: 600 })).toBe(false)
    expect(isQuick({ quick: true })).toBe(true)
    expect(isQuick({ duration: 1 })).toBe(true)
    expect(isQuick({ rounds: rounds - 1 })).toBe(true)
  })

  it('end-to-end is measured where there are films', () => {
    const { axesWith } = plan({ backbone: 'vgg16' })
    expect(axesWith(false).scenarios).toEqual(['single-stream', 'offline'])
    expect(axesWith(true).scenarios).toEqual(['single-stream', 'offline', 'end-to-end'])
  })

  const MISUSES: [given: Partial<Given>, message: RegExp][] = [
    [{}, /^ROE_USAGE: roentgen bench: name networks with --backbone/],
    [{ backbone: 'vgg17' }, /^ROE_OPTION: --backbone: expected all, or names .*received vgg17/],
    [{ backbone: 'vgg16', provider: 'gpu' }, /^ROE_OPTION: --provider: expected some of .*received gpu/],
    [{ backbone: 'vgg16', precision: 'int8' }, /^ROE_OPTION: --precision: expected some of fp32, fp16/],
    [{ backbone: 'vgg16', batch: '1,x' }, /^ROE_OPTION: --batch: expected whole numbers .*received 1,x/],
    [{ backbone: 'vgg16', threads: '1,,2' }, /^ROE_OPTION: --threads: .*received 1,,2/],
    [{ backbone: 'vgg16', positive: 'x' }, /^ROE_USAGE: roentgen bench: --positive is about/],
    [{ backbone: 'vgg16', threads: '0' }, /^ROE_OPTION: --threads: expected a whole number/],
    [{ backbone: 'vgg16', scenario: 'end-to-end' }, /^ROE_OPTION: --scenario: expected films beside/],
    [{ backbone: 'vgg16', duration: 0 }, /^ROE_OPTION: --duration: expected a number of seconds/],
  ]
  for (const [given, message] of MISUSES)
    it(`${JSON.stringify(given)} is refused`, () => {
      expect(() => plan(given)).toThrow(message)
    })
})
