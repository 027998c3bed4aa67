/** A whole training on each engine that runs here says the same as on plain JavaScript, from the same seed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLabelledFolder } from '../../../src/data/folder.ts'
import type { LabelledSet } from '../../../src/data/labelled.ts'
import { runFilms } from '../../../src/infer/pipeline.ts'
import { openSession } from '../../../src/infer/session.ts'
import type { EngineRow } from '../../../src/train/engines/engine.ts'
import { ENGINES, type EngineChoice } from '../../../src/train/engines/engines.ts'
import { RECIPES, type TrainingPlan } from '../../../src/train/recipes.ts'
import { type TrainingResult, train } from '../../../src/train/train.ts'
import { without } from '../../without.ts'
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

/** How far losses, and probabilities of the exported models, may lie from those on plain JavaScript: sums in another order,
 *  some steps long. Measured: 1e-7. */
const TOLERANCE = 2e-6

const CASES: readonly [what: string, given: Partial<TrainingPlan>, notOn?: string][] = [
  ["the recipe's head", {}],
  [
    'the last blocks of the trunk, too',
    { cutoff: -6, head: 'gap', width: 32, height: 32, epochs: 2, copies: 1 },
  ],
  [
    'the last block of VGG16',
    {
      backbone: 'vgg16',
      alpha: undefined,
      cutoff: -4,
      head: 'gap',
      ...{ width: 32, height: 32, epochs: 1, copies: 1 },
    },
    // SwiftShader takes minutes for it.
    'webgpu',
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

interface Trained {
  result: TrainingResult
  /** Of the exported model, film by film. */
  probabilities: number[]
}

async function trainedOn(engine: EngineChoice, given: Partial<TrainingPlan>): Promise<Trained> {
  const folder = mkdtempSync(join(root, 'run-'))
  const places = { model: join(folder, 'model.onnx'), cache: join(folder, 'features') }
  const plan = { ...PLAN, ...given }
  const result = await train(films, plan, { ...places, engine, versions: {}, note: () => {} })
  const session = await openSession(places.model)
  const probabilities: number[] = []
  const paths = films.films.map(({ path }) => path)
  for await (const row of runFilms(paths, [{ session, preprocessing: result.preprocessing }])) {
    if ('failure' in row) throw new Error(row.failure.code)
    probabilities.push(...row.outputs[0]![0]!)
  }
  await session.close()
  return { result, probabilities }
}

/** On plain JavaScript, once for all engines. */
const expectedOf = new Map<string, Promise<Trained>>()

const largest = (values: readonly number[], others: readonly number[]): number =>
  Math.max(...values.map((value, i) => Math.abs(value - others[i]!)))

const OTHERS = ENGINES.filter(({ name }) => name !== 'cpu') as readonly (EngineRow & { name: EngineChoice })[]
for (const row of OTHERS) {
  const there = await row.available(true)
  describe.skipIf(there !== true)(`training on ${row.name}${without(row.name, there)}`, () => {
    for (const [what, given, notOn] of CASES)
      it.skipIf(row.name === notOn)(`agrees with plain JavaScript: ${what}`, async () => {
        const ours = await trainedOn(row.name, given)
        if (!expectedOf.has(what)) expectedOf.set(what, trainedOn('cpu', given))
        const expected = await expectedOf.get(what)!
        expect(ours.result.engine.name).toBe(row.name)
        const losses = ({ result }: Trained) => result.history.flatMap(({ loss, valLoss }) => [loss, valLoss])
        expect(largest(losses(ours), losses(expected)), 'losses').toBeLessThan(TOLERANCE)
        expect(expected.probabilities).toHaveLength(2 * films.films.length)
        expect(largest(ours.probabilities, expected.probabilities), 'probabilities').toBeLessThan(TOLERANCE)
        expect(new Set(expected.probabilities).size).toBeGreaterThan(films.films.length)
      })
  })
}
