import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shortest } from '../../../src/data/rows/shortest.ts'

describe('shortest', () => {
  it('reads back as the same float32, and no shorter number does', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.fround(shortest(value))).toBe(value === 0 ? shortest(value) : value)
      }),
    )
  })

  for (const [value, text] of [
    [0.1, '0.1'],
    [1 / 3, '0.33333334'],
    [1, '1'],
    [0, '0'],
    [1e-9, '1e-9'],
    [0.999999940395, '0.99999994'],
  ] as const)
    it(`writes the float32 of ${value} as ${text}`, () => {
      expect(String(shortest(Math.fround(value)))).toBe(text)
    })
})
