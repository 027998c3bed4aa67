import { describe, expect, it } from 'vitest'
import type { EngineRow } from '../../../src/train/engines/engine.ts'
import { paceTeller, validationBeside } from '../../../src/train/engines/pace.ts'

const CASES: [
  what: string,
  there: true | string,
  secondsAStep: number,
  steps: number,
  told: string[],
  beside?: number,
][] = [
  ['ten minutes are not told', 'get it', 1, 600, []],
  [
    'validation counts',
    'get it',
    1,
    600,
    ['plain JavaScript will take about 11 minutes (1.0 s a step); --engine fast takes less: get it'],
    validationBeside(90, 27),
  ],
  [
    'more is, with what to do',
    'get it',
    1.25,
    500,
    ['plain JavaScript will take about 10 minutes (1.3 s a step); --engine fast takes less: get it'],
  ],
  [
    'hours, and an engine that is there',
    true,
    10,
    3600,
    ['plain JavaScript will take about 10.0 hours (10.0 s a step); --engine fast takes less: it is there'],
  ],
]

describe('the time of a training is told once, after a timed step', () => {
  for (const [what, there, secondsAStep, steps, told, beside = 0] of CASES)
    it(what, async () => {
      const faster = { name: 'fast', available: async () => there } as unknown as EngineRow
      const notes: string[] = []
      let clock = 5000
      const onStep = paceTeller(faster, (line) => notes.push(line), { beside, now: () => clock })
      for (const done of [1, 2, 3, 4]) {
        await onStep(done, steps)
        clock += 1000 * secondsAStep
      }
      expect(notes).toEqual(told)
    })
})
