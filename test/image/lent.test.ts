import { describe, expect, it } from 'vitest'
import { giveBack, lend } from '../../src/image/lent.ts'

describe('lent memory', () => {
  it('has the length that is asked for, and is lent again when it was given back', () => {
    for (const size of [0, 1, 4096, 4097, 300_000, 1_234_567]) {
      const bytes = lend(size)
      expect(bytes).toHaveLength(size)
      // A fifth more than is needed, or a page.
      expect(bytes.buffer.byteLength).toBeLessThanOrEqual(Math.max(4096, size * 1.25))
      giveBack(bytes.subarray(1))
      expect(lend(size).buffer).toBe(bytes.buffer)
    }
  })

  it('is nobody else’s as long as it is lent, nor when it is given back twice', () => {
    const first = lend(10_000)
    giveBack(first)
    giveBack(first)
    const [second, third] = [lend(10_000), lend(10_000)]
    expect(second.buffer).toBe(first.buffer)
    expect(third.buffer).not.toBe(first.buffer)
  })

  it('takes nothing that it did not lend', () => {
    const own = new Uint8Array(10_000)
    giveBack(own)
    expect(lend(10_000).buffer).not.toBe(own.buffer)
  })
})
