import { describe, expect, it } from 'vitest'
import { gpuMeans } from '../../../src/cli/bench/gpu.ts'

/** As nvidia-smi writes them: watts, MiB, MHz, reasons for a lower clock as bits. */
const CASES: [name: string, said: string, means: ReturnType<typeof gpuMeans>][] = [
  ['nothing was said', '', null],
  ['a GPU that tells no power', '[N/A], 1024, 1410, 0x0000000000000000\n', null],
  [
    'the mean of two looks, and the half line of the third',
    '100.00, 1024, 1400, 0x0000000000000000\n200.00, 3072, 1600, 0x0000000000000001\n900.0, 9',
    { watts: 150, bytes: 2 ** 31, clockMHz: 1500, throttled: false },
  ],
  [
    'one look at which heat slowed it down',
    '100.00, 1024, 1400, 0x0000000000000000\n100.00, 1024, 900, 0x0000000000000020\n',
    { watts: 100, bytes: 2 ** 30, clockMHz: 1150, throttled: true },
  ],
]

describe('what nvidia-smi says', () => {
  for (const [name, said, means] of CASES)
    it(name, () => {
      expect(gpuMeans(said)).toEqual(means)
    })
})
