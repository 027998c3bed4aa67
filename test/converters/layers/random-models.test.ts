/** Random models of layers convert, and give what tfjs gives. `FC_RUNS=…` makes as many; `FC_SEED=random` others. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { convertFolder, samplesOf, saveModel, shakeWeights } from './models.ts'
import { buildRandom, FACTORIES, randomModels } from './random-models.ts'

/** A limit on hangs, not on speed. */
const RUN_LIMIT_MS = 3000
const RUNS = Number(process.env.FC_RUNS ?? 120)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roentgen-random-layers-'))
})
afterAll(() => rm(folder, { recursive: true }))

test(
  `${RUNS} random LayersModels convert and match`,
  async () => {
    const seen = { factories: new Set<string>(), models: 0, inputs: 0, outputs: 0 }
    const property = fc.asyncProperty(randomModels, async ({ steps, seed }) => {
      const { model, inputs } = buildRandom(steps)
      shakeWeights(model, seed)
      const place = await mkdtemp(join(folder, 'model-'))
      await saveModel(model, place)
      model.dispose()
      const { graph } = await convertFolder(place, samplesOf(inputs, seed))
      for (const { factory } of steps) seen.factories.add(factory)
      seen.models++
      seen.inputs = Math.max(seen.inputs, graph.inputs.length)
      seen.outputs = Math.max(seen.outputs, graph.outputs.length)
      await rm(place, { recursive: true })
    })
    await fc.assert(property, { numRuns: RUNS })
    expect(seen.models).toBe(RUNS)
    expect(seen.inputs).toBeGreaterThan(2)
    expect(seen.outputs).toBe(3)
    expect([...seen.factories].toSorted()).toEqual(FACTORIES.toSorted())
  },
  RUNS * RUN_LIMIT_MS,
)
