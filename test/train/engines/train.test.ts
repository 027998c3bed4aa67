/** A whole training on each engine that runs here says the same as on plain JavaScript, from the same seed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLabelledFolder } from '../../../src/data/folder.ts'
import type { LabelledSet } from '../../../src/data/labelled.ts'
import type { EngineRow } from '../../../src/train/engines/engine.ts'
import { ENGINES, type EngineChoice } from '../../../src/train/engines/engines.ts'
import { RECIPES, type TrainingPlan } from '../../../src/train/recipes.ts'
import { type TrainingResult, train } from '../../../src/train/train.ts'
import { phantomFolder } from '../films.ts'

const PLAN: TrainingPlan = {
  ...RECIPES['rosebrock-vgg16'],
  recipe: 'rosebrock-vgg16',
  backbone: 'mobilenet',
  alpha: 0.25,
  weights: null,
  featuresAt: undefined,
  width: 128,
  height: 128,
  epochs: 3,
  copies: 2,
  seed: 5,
}

/** How far the losses of an epoch may lie from those on plain JavaScript: sums in another order, some steps long.
 *  Measured: 1e-7. */
const TOLERANCE = 2e-6

const CASES: readonly [what: string, given: Partial<TrainingPlan>][] = [
  ["the recipe's head", {}],
  [
    'the last blocks of the trunk, too',
    { cutoff: -6, head: 'gap', width: 32, height: 32, epochs: 2, copies: 1 },
  ],
]

let root = ''
let films: LabelledSet
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-engines-'))
  const folder = join(root, 'films')
  films = await readLabelledFolder(await phantomFolder(folder, { classes: ['normal', 'opacity'], count: 8 }))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function trainedOn(engine: EngineChoice, given: Partial<TrainingPlan>): Promise<TrainingResult> {
  const folder = mkdtempSync(join(root, 'run-'))
  const places = { model: join(folder, 'model.onnx'), cache: join(folder, 'features') }
  return train(films, { ...PLAN, ...given }, { ...places, engine, versions: {}, note: () => {} })
}

const OTHERS = ENGINES.filter(({ name }) => name !== 'cpu') as readonly (EngineRow & { name: EngineChoice })[]
for (const row of OTHERS) {
  const there = await row.available(true)
  describe.skipIf(there !== true)(`training on ${row.name} (${there})`, () => {
    for (const [what, given] of CASES)
      it(`agrees with plain JavaScript: ${what}`, async () => {
        const [ours, expected] = [await trainedOn(row.name, given), await trainedOn('cpu', given)]
        expect(ours.engine.name).toBe(row.name)
        const apart = ours.history.flatMap(({ loss, valLoss }, i) => [
          Math.abs(loss - expected.history[i]!.loss),
          Math.abs(valLoss - expected.history[i]!.valLoss),
        ])
        expect(Math.max(...apart)).toBeLessThan(TOLERANCE)
      })
  })
}
