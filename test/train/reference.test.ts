/** The process in which tfjs computes what a trained network gives. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Feed } from '../../converters/index.ts'
import { referenceOf } from '../../converters/reference.ts'
import { seededRandom } from '../../random.ts'
import { buildNetwork, type NetworkOptions } from '../../src/train/network.ts'
import { withReference } from '../../src/train/reference.ts'
import { writeBrokenPart } from '../native/broken-part.ts'

const before = process.env.ROENTGEN_CACHE
const cache = mkdtempSync(join(tmpdir(), 'roentgen-reference-'))
// Nothing is installed there.
process.env.ROENTGEN_CACHE = cache
afterAll(() => {
  if (before === undefined) delete process.env.ROENTGEN_CACHE
  else process.env.ROENTGEN_CACHE = before
  rmSync(cache, { recursive: true })
})

const SMALL: NetworkOptions = {
  ...{ backbone: 'mobilenet', alpha: 0.25, weights: null, featuresAt: undefined, cutoff: undefined },
  ...{ head: 'gap', scaling: 'tf', width: 64, height: 64, classes: 3, seed: 4 },
}

/** With what makes networks differ: maps or none, dropout, normalizations, several kinds of scaling and ends. */
const NETWORKS: [name: string, options: Partial<NetworkOptions>, outputs: number][] = [
  ['a head with maps', {}, 2],
  ['a head without, and dropout', { head: 'recipe', width: 128, height: 128 }, 1],
  ['sigmoids, scaled as Caffe does', { activation: 'sigmoid', scaling: 'caffe' }, 2],
  ['films that training drops whole', { backbone: 'efficientnetb0', alpha: undefined, scaling: 'none' }, 2],
]

function films({ width, height }: NetworkOptions): Feed[] {
  const random = seededRandom(7)
  return [1, 2].map((count) => {
    const data = Uint8Array.from({ length: count * width * height * 3 }, () => random() * 256)
    return [['film', { dtype: 'uint8', shape: [count, height, width, 3], data }]]
  })
}

for (const [name, given, outputs] of NETWORKS)
  it(`gives what the network gives here: ${name}`, async () => {
    const options = { ...SMALL, ...given }
    const network = await buildNetwork(options)
    const here = await referenceOf(network.exported)(films(options))
    const notes: string[] = []
    const there = await withReference(
      network,
      (line) => notes.push(line),
      (reference) => reference(films(options)),
    )
    network.dispose()
    expect(here.runs.map((run) => run.length)).toEqual([outputs, outputs])
    // Threads change no number of XNNPACK's.
    expect(there).toEqual(here)
    expect(notes).toEqual([])
  })

it('is not taken for wrong where TensorFlow is damaged, which is said', async () => {
  writeBrokenPart(cache, "process.kill(process.pid, 'SIGKILL')")
  const network = await buildNetwork(SMALL)
  const notes: string[] = []
  const { by } = await withReference(
    network,
    (line) => notes.push(line),
    (reference) => reference(films(SMALL)),
  )
  network.dispose()
  expect(by).toBe('tfjs wasm')
  expect(notes).toEqual([
    'TensorFlow is passed over: it does not work (its process ended with signal SIGKILL); run roentgen native install tensorflow again',
  ])
})
