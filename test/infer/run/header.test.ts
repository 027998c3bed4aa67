import { expect, it } from 'vitest'
import { differences, withoutEchoes } from '../../../src/infer/run/header.ts'

const CASES: [what: string, was: object, is: object, told: string[]][] = [
  [
    'a size, which preprocessing follows from',
    { plan: { width: 64 }, preprocessing: { steps: [{ width: 64 }] } },
    { plan: { width: 48 }, preprocessing: { steps: [{ width: 48 }] } },
    ['plan.width was 64, is 48'],
  ],
  [
    'preprocessing alone',
    { plan: {}, preprocessing: { version: 1 } },
    { plan: {}, preprocessing: { version: 2 } },
    ['preprocessing.version was 1, is 2'],
  ],
  [
    'other films, which have another order',
    { data: { digest: 'a', order: 'b' } },
    { data: { digest: 'c', order: 'd' } },
    ['data.digest was "a", is "c"'],
  ],
  ['other names', { data: { order: 'b' } }, { data: { order: 'd' } }, ['data.order was "b", is "d"']],
  [
    'weights by their path and their bytes',
    { plan: { weights: 'a.h5' }, weights: '1' },
    { plan: { weights: 'b.h5' }, weights: '2' },
    ['plan.weights was "a.h5", is "b.h5"'],
  ],
  [
    'columns that an option adds',
    { columns: { logits: false }, scoring: { logits: false } },
    { columns: { logits: true }, scoring: { logits: true } },
    ['scoring.logits was false, is true'],
  ],
]
it.each(CASES)('%s: told once', (_, was, is, told) => {
  expect(withoutEchoes(differences(was, is))).toEqual(told)
})
