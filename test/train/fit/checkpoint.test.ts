import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Checkpoint } from '../../../src/train/fit/checkpoint.ts'
import type { FitState } from '../../../src/train/fit/state.ts'
import { beginWatch } from '../../../src/train/fit/watchers.ts'

const FIGURES = { loss: 0.1 + 0.2, accuracy: 1, valLoss: 1 / 3, valAccuracy: 0, learningRate: 1e-3 }
const STATE: FitState = {
  standing: {
    steps: 14,
    drawn: 38,
    history: [1, 2].map((epoch) => ({ epoch, ...FIGURES })),
    seconds: [1.5, 1.25],
    watched: { ...beginWatch(1e-3), bestEpoch: 2 },
  },
  values: {
    weights: [Float32Array.of(1, -0, 1e-45, 3.4e38), new Float32Array(0)],
    slots: [Float32Array.of(0.1)],
    best: [],
  },
}
const OF = { plan: { epochs: 5, cutoff: undefined }, data: 'a'.repeat(64), engine: { name: 'cpu' } }

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-checkpoint-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fresh = () => join(mkdtempSync(join(folder, 'run-')), 'checkpoint')

async function kept(): Promise<string> {
  const path = fresh()
  await (await Checkpoint.open({ path, found: 'refuse' })).keep(OF, STATE)
  return path
}

describe('a checkpoint', () => {
  it('gives back what was kept, bit for bit, and tells how many epochs that are', async () => {
    const path = await kept()
    expect(readdirSync(join(path, '..'))).toEqual(['checkpoint'])
    const told: number[] = []
    const found = await Checkpoint.open({ path, found: 'resume', onKept: (epochs) => told.push(epochs) })
    expect(found.stateOf(OF)).toEqual(STATE)
    expect(told).toEqual([2])
  })

  it('is null where there is none', async () => {
    const path = fresh()
    for (const found of ['refuse', 'resume', 'restart'] as const)
      expect((await Checkpoint.open({ path, found })).stateOf(OF)).toBeNull()
  })

  it('is not written over without a word, and is taken away where the user says so', async () => {
    const path = await kept()
    await expect(Checkpoint.open({ path, found: 'refuse' })).rejects.toThrow(
      `ROE_RUN_UNFINISHED: ${path}: a run was interrupted there when 2 epochs were done; add --resume to go on with it, or --restart to begin anew`,
    )
    expect((await Checkpoint.open({ path, found: 'restart' })).stateOf(OF)).toBeNull()
    expect(readdirSync(join(path, '..'))).toEqual([])
  })

  const CHANGES: [string, object, string][] = [
    ['another plan', { ...OF, plan: { epochs: 6 } }, 'plan.epochs was 5, is 6'],
    ['other films', { ...OF, data: 'b'.repeat(64) }, 'data was aaaaaaaaaaaa, is bbbbbbbbbbbb'],
    ['another engine', { ...OF, engine: { name: 'webgpu' } }, 'engine.name was "cpu", is "webgpu"'],
  ]
  for (const [name, of, words] of CHANGES)
    it(`is refused to ${name}, which is said`, async () => {
      const checkpoint = await Checkpoint.open({ path: await kept(), found: 'resume' })
      expect(() => checkpoint.stateOf({ ...of })).toThrow(
        `--resume would mix two runs: ${words}; undo the change`,
      )
    })

  it('may be gone on with only where it is of the same, and passed over else', async () => {
    const found = 'if same'
    const path = await kept()
    expect((await Checkpoint.open({ path, found })).stateOf(OF)).toEqual(STATE)
    expect((await Checkpoint.open({ path, found })).stateOf({ ...OF, data: 'other' })).toBeNull()
    writeFileSync(path, 'damaged')
    expect((await Checkpoint.open({ path, found })).stateOf(OF)).toBeNull()
  })

  it('that is damaged or cut off anywhere is refused', async () => {
    const path = await kept()
    const bytes = readFileSync(path)
    for (const at of [0, 3, 20, bytes.length - 33, bytes.length - 1]) {
      const flipped = Buffer.from(bytes)
      flipped[at]! ^= 1
      for (const broken of [flipped, bytes.subarray(0, at)]) {
        writeFileSync(path, broken)
        await expect(Checkpoint.open({ path, found: 'resume' })).rejects.toThrow(
          /^ROE_RESUME: .*: this checkpoint cannot be read; undo the change, or use --restart/,
        )
      }
    }
  })
})
