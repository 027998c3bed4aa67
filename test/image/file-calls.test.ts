/** Where films are read: on this thread while that is quick. */
import { strict as assert } from 'node:assert'
import type { Stats } from 'node:fs'
import { expect, it } from 'vitest'
import { type FileCalls, QuickFiles } from '../../src/image/file-calls.ts'

/** Reads films with three calls each. @param tookMs  of each call, by the film's number and its own
 *  @returns for each film whether it was read here */
async function readHere(films: number, tookMs: (film: number, call: number) => number): Promise<boolean[]> {
  let [now, film, call] = [0, 0, 0]
  const calls = (takes: () => void): FileCalls => {
    const giving = <Result>(result: Result): Promise<Result> => {
      takes()
      return Promise.resolve(result)
    }
    return { stat: () => giving({} as Stats), open: () => giving(3), read: () => giving(100) }
  }
  const here = calls(() => {
    now += tookMs(film, call++)
  })
  const aside = calls(() => {})
  const quick = new QuickFiles(here, aside, () => now)
  const found: boolean[] = []
  for (; film < films; film++) {
    const taken = quick.next()
    await taken.stat('film')
    expect(await taken.open('film')).toBe(3)
    expect(await taken.read(3, Buffer.alloc(100), 0, 0)).toBe(100)
    found.push(taken !== aside)
  }
  assert(found.length === films)
  return found
}

const countOf = (found: readonly boolean[]) => found.filter(Boolean).length

it('films in memory are all read here', async () => {
  expect(countOf(await readHere(1000, () => 0.01))).toBe(1000)
})

it('a thread that has to wait for its core now and then makes no disk slow', async () => {
  // One call of sixty loses a slice of the scheduler.
  expect(countOf(await readHere(1000, (_, call) => (call % 60 === 7 ? 4 : 0.01)))).toBe(1000)
})

it('of a network one film in a hundred holds the thread, for a few calls', async () => {
  const found = await readHere(2000, () => 4)
  expect(countOf(found)).toBeGreaterThan(10)
  expect(countOf(found)).toBeLessThan(45)
})

it('a disk that was slow for a while is tried again', async () => {
  const found = await readHere(500, (film) => (film < 50 ? 5 : 0.01))
  expect(found.slice(1, 100)).not.toContain(true)
  expect(found.slice(150)).not.toContain(false)
})

it('what is wrong with a file is said as it is from the pool', async () => {
  const quick = new QuickFiles()
  await expect(quick.next().stat('/nowhere/film.png')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(quick.next().open('/nowhere/film.png')).rejects.toMatchObject({ code: 'ENOENT' })
})
