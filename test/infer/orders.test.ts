import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InOrder } from '../../src/infer/in-order.ts'
import { IN_FLIGHT, Orders } from '../../src/infer/orders.ts'
import { cutJobs, type FilmResult, type Job } from '../../src/infer/pipeline.ts'

const DIED = { problem: 'signal SIGKILL', hungMs: null }
const HUNG = { problem: 'signal SIGKILL', hungMs: 2000 }
const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}.png`)

async function jobsOf(count: number, batch: number, start = 0): Promise<Job[]> {
  const jobs: Job[] = []
  for await (const job of cutJobs(namesOf(count), batch, start)) jobs.push(job)
  return jobs
}

describe('cutJobs', () => {
  it('cuts where an uninterrupted run cuts, whatever the first index', async () => {
    const places = fc.record({ count: fc.nat(40), batch: fc.integer({ min: 1, max: 9 }), start: fc.nat(40) })
    await fc.assert(
      fc.asyncProperty(places, async ({ count, batch, start }) => {
        const jobs = await jobsOf(count, batch, start)
        expect(jobs.flatMap(({ paths }) => paths)).toEqual(namesOf(count))
        for (const job of jobs.slice(1)) expect(job.start % batch).toBe(0)
        for (const job of jobs) expect((job.start % batch) + job.paths.length).toBeLessThanOrEqual(batch)
      }),
    )
  })
})

describe('Orders', () => {
  /** Workers that die on some films, hang on others, and now and then for no reason, until nothing is left. */
  async function play(
    count: number,
    killers: ReadonlySet<string>,
    hangs: ReadonlySet<string>,
    spurious: number[],
  ) {
    const orders = new Orders<string>()
    for (const job of await jobsOf(count, 8)) orders.add(job)
    const workers = ['a', 'b', 'c']
    const held = new Map<string, Job[]>(workers.map((name) => [name, []]))
    const seen: FilmResult[] = []
    let [restarts, turn] = [0, 0]
    const die = (worker: string, how: typeof DIED | typeof HUNG) => {
      held.set(worker, [])
      restarts += 1
      const killer = orders.died(worker, how)
      if (killer !== null) seen.push(killer)
    }
    while (!orders.isEmpty) {
      const worker = workers[turn++ % 3]!
      const jobs = held.get(worker)!
      while (orders.hasRoom(worker)) {
        const job = orders.next(worker)
        if (job === undefined) break
        jobs.push(job)
      }
      expect(jobs.length).toBeLessThanOrEqual(IN_FLIGHT)
      const [job] = jobs
      if (job === undefined) continue
      if (jobs.some(({ paths }) => paths.some((path) => killers.has(path)))) die(worker, DIED)
      else if (jobs.some(({ paths }) => paths.some((path) => hangs.has(path)))) die(worker, HUNG)
      else if (spurious.includes(turn)) die(worker, DIED)
      else {
        jobs.shift()
        orders.done(worker)
        const ok = job.paths.map((path, i) => ({ index: job.start + i, path }) as FilmResult)
        seen.push(...ok)
      }
    }
    return { seen, restarts }
  }

  it('finds exactly the films that kill, and runs every other', async () => {
    const some = fc.uniqueArray(fc.nat(59), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        some,
        some,
        fc.array(fc.nat(30), { maxLength: 1 }),
        async (count, kill, hang, spurious) => {
          const killers = new Set(kill.map((i) => `${i}.png`))
          const hangs = new Set(hang.map((i) => `${i}.png`).filter((path) => !killers.has(path)))
          const { seen, restarts } = await play(count, killers, hangs, spurious)
          expect(seen.map(({ path }) => path).sort()).toEqual(namesOf(count).sort())
          for (const result of seen)
            expect('failure' in result ? result.failure.code : null).toBe(
              killers.has(result.path)
                ? 'ROE_WORKER_DIED'
                : hangs.has(result.path)
                  ? 'ROE_WORKER_HUNG'
                  : null,
            )
          expect(restarts).toBeLessThanOrEqual(1 + 4 * (killers.size + hangs.size + 1) * 4)
        },
      ),
    )
  })

  it('costs a film that hangs three waits, however large the batch', async () => {
    const { restarts } = await play(8, new Set(), new Set(['5.png']), [])
    expect(restarts).toBe(2)
    const full = await play(60, new Set(), new Set(['5.png']), [])
    expect(full.restarts).toBe(3)
  })
})

describe('InOrder', () => {
  it('gives what was put in any order back in order, as soon as it can', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.shuffledSubarray(namesOf(20), { minLength: 20 }), (start, names) => {
        const waiting = new InOrder(start)
        const out: number[] = []
        const put = new Set<number>()
        for (const name of names) {
          const index = start + Number.parseInt(name, 10)
          put.add(index)
          waiting.put([{ index }])
          out.push(...[...waiting.take()].map((item) => item.index))
          expect(put.has(waiting.next)).toBe(false)
        }
        expect(out).toEqual(names.map((_, i) => start + i))
      }),
    )
  })
})
