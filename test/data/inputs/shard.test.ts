import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInShard, readShard, sizeOfShard } from '../../../src/data/inputs/shard.ts'

const SLURM = { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_MIN: '5', SLURM_ARRAY_TASK_COUNT: '4' }

describe('--shard', () => {
  const RIGHT: [text: string, environment: Record<string, string>, index: number, count: number][] = [
    ['0/1', {}, 0, 1],
    ['2/3', {}, 2, 3],
    ['2/3', { JOB_COMPLETION_INDEX: '0', ...SLURM }, 2, 3],
    ['/3', { JOB_COMPLETION_INDEX: '1' }, 1, 3],
    ['/4', SLURM, 2, 4],
    ['auto', SLURM, 2, 4],
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_STEP: '2' }, 2, 4],
  ]
  for (const [text, environment, index, count] of RIGHT)
    it(`${text} with ${Object.keys(environment).join(', ') || 'nothing'} is ${index} of ${count}`, () => {
      expect(readShard(text, environment)).toEqual({ index, count })
    })

  const WRONG: [text: string, environment: Record<string, string>, problem: RegExp][] = [
    ['3/3', {}, /^ROE_OPTION: --shard: .*below COUNT.*received 3\/3/],
    ['-1/2', {}, /received -1\/2/],
    ['a/b', {}, /received a\/b/],
    ['1', {}, /received 1;/],
    ['0/0', {}, /received 0\/0/],
    ['1/2/3', {}, /received 1\/2\/3/],
    ['/3', {}, /expected JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID.*received neither/],
    ['/3', { JOB_COMPLETION_INDEX: '3' }, /shard 3 of 3/],
    ['/3', { JOB_COMPLETION_INDEX: 'x' }, /^ROE_OPTION: JOB_COMPLETION_INDEX: .*received x/],
    ['/4', { JOB_COMPLETION_INDEX: '1', ...SLURM }, /expected one of .*received both/],
    ['/5', SLURM, /expected an array of 5 tasks, or the index itself, received an array of 4/],
    ['auto', {}, /expected a task of a Slurm array/],
    ['auto', { JOB_COMPLETION_INDEX: '1' }, /expected a task of a Slurm array/],
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '9' }, /an array whose tasks follow one another/],
    ['auto', { ...SLURM, SLURM_ARRAY_TASK_ID: '8', SLURM_ARRAY_TASK_STEP: '2' }, /tasks follow one another/],
    ['auto', { SLURM_ARRAY_TASK_ID: '1' }, /^ROE_OPTION: SLURM_ARRAY_TASK_MIN: .*received nothing/],
  ]
  for (const [text, environment, problem] of WRONG)
    it(`${text} with ${Object.keys(environment).join(', ') || 'nothing'} is refused`, () => {
      expect(() => readShard(text, environment)).toThrow(problem)
    })

  it('each film belongs to one shard, and shards differ by one film at most', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 20 }), (films, count) => {
        const shards = Array.from({ length: count }, (_, index) => ({ index, count }))
        const parts = shards.map((shard) =>
          Array.from({ length: films }, (_, k) => k).filter((k) => isInShard(k, shard)),
        )
        expect(parts.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: films }, (_, k) => k))
        expect(parts.map(({ length }) => length)).toEqual(shards.map((shard) => sizeOfShard(films, shard)))
        // Row j of shard i is film i + j * count: what merging relies on.
        for (const [i, part] of parts.entries())
          expect(part).toEqual(Array.from(part, (_, j) => i + j * count))
      }),
    )
  })
})
