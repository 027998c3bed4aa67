/** Comparisons of two models, on models that are made up; those of files are in test/cli/verify.test.ts. */
import { expect, test } from 'vitest'
import { compareModels } from '../../converters/compare.ts'
import type { Runnable } from '../../converters/runnable.ts'

/** Gives `columns` numbers for each row: 0, but 1 at the row's own place. */
const made = (path: string, columns: number, place: (row: number) => number): Runnable => ({
  path,
  format: 'made up',
  inputs: [{ name: 'x', dtype: 'float32', shape: [null, 1] }],
  outputs: ['y'],
  run: async (feeds) => ({
    by: 'hand',
    runs: feeds.map(([[, { shape }] = ['', { shape: [0] }]]) => {
      const data = new Float32Array(shape[0]! * columns)
      for (let row = 0; row < shape[0]!; row++) data[row * columns + place(row)] = 1
      return [{ shape: [shape[0]!, columns], data }]
    }),
  }),
  dispose: () => {},
})

const TOLERANCE = { absolute: 1e-5, relative: 1e-4 }

test.each([3, 300_000])(
  'rows whose largest stands at the same place are counted, of %i columns',
  async (n) => {
    const a = made('a', n, (row) => row)
    const same = await compareModels(
      a,
      made('b', n, (row) => row),
      { tolerance: TOLERANCE },
    )
    expect(same.outputs[0]).toMatchObject({ isWithin: true, sameLargest: { same: 4, rows: 4 } })
    const other = await compareModels(
      a,
      made('c', n, () => 0),
      { tolerance: TOLERANCE },
    )
    expect(other.outputs[0]).toMatchObject({ isWithin: false, maxAbs: 1, sameLargest: { same: 2, rows: 4 } })
  },
)
