/** Large films wait for each other, small ones do not, and nobody waits for ever. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inRoom } from '../../src/image/room.ts'

const ROOM = 2 ** 24

/** Decodings that end when they are told to. @returns what is under way, in the order of its beginning */
function films(sizes: readonly number[]) {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const done = sizes.map((pixels, i) =>
    inRoom(pixels, () => {
      begun.push(i)
      return new Promise<void>((end) => {
        ends[i] = end
      })
    }),
  )
  return { begun, ends, done }
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('inRoom', () => {
  it('lets a film larger than the room in alone', async () => {
    const { begun, ends, done } = films([10, 2 * ROOM, 10])
    await turn()
    expect(begun).toEqual([0])
    ends[0]?.()
    await turn()
    expect(begun).toEqual([0, 1])
    ends[1]?.()
    await turn()
    expect(begun).toEqual([0, 1, 2])
    ends[2]?.()
    await Promise.all(done)
  })

  it('lets 64 in, however small they are', async () => {
    const { begun, ends, done } = films(Array.from({ length: 70 }, () => 1))
    await turn()
    expect(begun).toHaveLength(64)
    for (const end of ends) end()
    await turn()
    expect(begun).toHaveLength(70)
    for (const end of ends.slice(64)) end()
    await Promise.all(done)
  })

  it('gives the room of a film that fails to the next', async () => {
    await expect(inRoom(2 * ROOM, () => Promise.reject(new Error('damaged')))).rejects.toThrow('damaged')
    expect(await inRoom(2 * ROOM, async () => 'decoded')).toBe('decoded')
  })

  it('never holds more than fits, keeps the order, and lets everybody in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: ROOM + ROOM / 4 }), { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        async (sizes, choices) => {
          const { begun, ends, done } = films(sizes)
          const ended = new Set<number>()
          while (ended.size < sizes.length) {
            await turn()
            const under = begun.filter((i) => !ended.has(i))
            const pixels = under.reduce((sum, i) => sum + sizes[i]!, 0)
            expect(under.length).toBeGreaterThan(0)
            if (under.length > 1) expect(pixels).toBeLessThanOrEqual(ROOM)
            const next = under[(choices.next().value as number) % under.length]!
            ended.add(next)
            ends[next]?.()
          }
          await Promise.all(done)
          expect(begun).toEqual([...sizes.keys()])
        },
      ),
    )
  })
})
