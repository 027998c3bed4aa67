import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ahead, limiter } from '../../src/infer/ahead.ts'

async function* numbers(count: number, onPull: (i: number) => void = () => {}) {
  for (let i = 0; i < count; i++) {
    onPull(i)
    yield i
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

describe('ahead', () => {
  it('keeps every item and their order', async () => {
    const ints = fc.integer({ min: 1, max: 9 })
    await fc.assert(
      fc.asyncProperty(fc.nat(30), ints, async (count, depth) => {
        expect(await collect(ahead(numbers(count), depth))).toEqual(
          Array.from({ length: count }, (_, i) => i),
        )
      }),
    )
  })

  it('reads `depth` items ahead and no more', async () => {
    let pulled = 0
    const items = ahead(
      numbers(100, () => pulled++),
      3,
    )
    await items.next()
    await sleep(5)
    expect(pulled).toBe(4)
    await items.return(undefined)
  })

  it('ends the source when its consumer leaves early', async () => {
    let isEnded = false
    async function* source() {
      try {
        yield* numbers(100)
      } finally {
        isEnded = true
      }
    }
    for await (const item of ahead(source(), 2)) if (item === 3) break
    expect(isEnded).toBe(true)
  })

  it('throws where the item would have come', async () => {
    async function* source() {
      yield 1
      throw new Error('cut')
    }
    const items = ahead(source(), 5)
    expect(await items.next()).toEqual({ done: false, value: 1 })
    await expect(items.next()).rejects.toThrow('cut')
  })
})

describe('limiter', () => {
  it('never runs more tasks than it may, and runs all, failed ones too', async () => {
    const limited = limiter(3)
    let running = 0
    let most = 0
    const task = async (i: number) => {
      most = Math.max(most, ++running)
      await sleep(i % 3)
      running--
      if (i % 4 === 0) throw new Error(String(i))
      return i
    }
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => limited(() => task(i))))
    expect(most).toBe(3)
    expect(results.map(({ status }) => status === 'rejected')).toEqual(
      Array.from({ length: 20 }, (_, i) => i % 4 === 0),
    )
  })
})
