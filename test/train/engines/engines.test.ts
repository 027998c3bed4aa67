import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import type { EngineRow } from '../../../src/train/engines/engine.ts'
import { ENGINES, openEngine, thenClose } from '../../../src/train/engines/engines.ts'
import { without } from '../../without.ts'

const ROWS: readonly EngineRow[] = ENGINES

/** A row that is there, is not there, or breaks when it is opened; `opened` has what was opened. */
function rowOf(name: string, there: true | string, opened: string[], broken = false): EngineRow {
  return {
    name,
    describe: name,
    available: async (isNamed) => (there === 'slow' ? isNamed || 'it is slow' : there),
    async open() {
      if (broken) throw new Error(`${name} is broken\nat some place`)
      opened.push(name)
      return { name, version: '1', device: 'none', close: async () => {} }
    },
  }
}

describe('openEngine', () => {
  const CASES: [
    what: string,
    choice: string,
    rows: (opened: string[]) => EngineRow[],
    expected: string,
    notes: string[],
  ][] = [
    ['auto takes the first', 'auto', (o) => [rowOf('a', true, o), rowOf('b', true, o)], 'a', []],
    [
      'auto passes over what is missing, broken or slow, and says so',
      'auto',
      (o) => [
        rowOf('a', 'get it there', o),
        rowOf('b', true, o, true),
        rowOf('c', 'slow', o),
        rowOf('d', true, o),
      ],
      'd',
      [
        'engine a is passed over: get it there',
        'engine b is passed over: it does not start (b is broken)',
        'engine c is passed over: it is slow',
      ],
    ],
    [
      'one that is named, though it is slow',
      'b',
      (o) => [rowOf('a', true, o), rowOf('b', 'slow', o)],
      'b',
      [],
    ],
  ]
  for (const [what, choice, rows, expected, notes] of CASES)
    it(what, async () => {
      const [opened, told]: [string[], string[]] = [[], []]
      expect((await openEngine(choice, (line) => told.push(line), rows(opened))).name).toBe(expected)
      expect(opened).toEqual([expected])
      expect(told).toEqual(notes)
    })

  it('no other takes the place of one that is named and missing or broken', async () => {
    const opened: string[] = []
    const rows = [
      rowOf('a', 'get it there', opened),
      rowOf('b', true, opened, true),
      rowOf('c', true, opened),
    ]
    const open = (name: string) => openEngine(name, () => {}, rows)
    const remedy = 'or use --engine auto, which takes the fastest that runs here'
    await expect(open('a')).rejects.toThrow(`ROE_ENGINE: --engine a: get it there; ${remedy}`)
    await expect(open('b')).rejects.toThrow(
      `ROE_ENGINE: --engine b: it does not start (b is broken); ${remedy}`,
    )
    expect(opened).toEqual([])
  })

  it('auto ends at an engine that is always there', async () => {
    expect(await ROWS.at(-1)!.available(false)).toBe(true)
  })
})

describe('thenClose', () => {
  const fails = (problem: string) => async () => Promise.reject(new Error(problem))
  const done = async () => 7
  const CASES: [
    what: string,
    work: () => Promise<number>,
    close: () => Promise<unknown>,
    expected: string,
    notes: string[],
  ][] = [
    ['gives what the work gives', done, done, '7', []],
    ['says what failed on closing', done, fails('the GPU is lost'), 'Error: the GPU is lost', []],
    ['says what failed in the work', fails('no room'), done, 'Error: no room', []],
    [
      'closing does not hide what failed before',
      fails('no room'),
      fails('the GPU is lost'),
      'Error: no room',
      ['engine a does not close: the GPU is lost'],
    ],
  ]
  for (const [what, work, close, expected, notes] of CASES)
    it(what, async () => {
      const [engine, told] = [await rowOf('a', true, []).open(), [] as string[]]
      let closed = 0
      const closing = async () => {
        closed++
        await close()
      }
      const ended = thenClose({ ...engine, close: closing }, work, (line) => told.push(line))
      expect(String(await ended.catch((error: unknown) => error))).toBe(expected)
      expect(told).toEqual(notes)
      expect(closed).toBe(1)
    })
})

for (const row of ROWS)
  describe(`engine ${row.name}`, async () => {
    const there = await row.available(true)
    it('says in one line what is missing, or that it is there', () => {
      if (there !== true) expect(there).toMatch(/^[^\n]{10,}$/)
    })

    it.skipIf(there !== true)(
      `computes, and gives back what it computed${without(row.name, there)}`,
      async () => {
        await tf.setBackend('cpu')
        const kept = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]))
        const engine = await row.open()
        expect(engine.version).toMatch(/^\d+\.\d+\.\d+/)
        expect(tf.getBackend()).toBe(row.name)
        tf.tidy(() => kept.assign(tf.matMul(kept, kept)))
        await engine.close()
        expect(tf.getBackend()).toBe('cpu')
        expect([...kept.dataSync()]).toEqual([7, 10, 15, 22])
        await engine.close()
        kept.dispose()
      },
    )
  })
