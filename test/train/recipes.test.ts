/** Each published recipe runs: on made-up films, with random weights, on the least film that its network takes. At full
 *  size: scripts/check-recipes.ts. And docs/recipes.md is the table. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { BACKBONES } from '../../models/index.ts'
import { readLabelledFolder } from '../../src/data/folder.ts'
import type { LabelledSet } from '../../src/data/labelled.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import {
  preprocessingOf,
  RECIPES,
  type Recipe,
  type RecipeName,
  settingsOf,
} from '../../src/train/recipes.ts'
import { train } from '../../src/train/train.ts'
import { phantomFolder } from './films.ts'
import { recipesPage } from './recipes-page.ts'

const NAMES = Object.keys(RECIPES) as RecipeName[]

/** Pixels a side that the head needs beyond the trunk's least: VGG makes 1 of 32, and 4 x 4 are pooled. */
const LEAST_SIDE = { recipe: 128 } as Readonly<Record<string, number>>

let root = ''
let films: LabelledSet
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-recipes-'))
  const classes = ['covid', 'normal', 'pneumonia']
  films = await readLabelledFolder(await phantomFolder(join(root, 'films'), { classes, count: 2, size: 64 }))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe.each(NAMES)('%s', (name) => {
  const recipe: Recipe = RECIPES[name]
  const side = Math.max(BACKBONES[recipe.backbone].leastSide, LEAST_SIDE[recipe.head] ?? 0)
  // A film that is not square stays so.
  const width = side + (recipe.width > recipe.height ? 8 : 0)

  it('trains, and its model says what was trained', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(root, 'run-'))
    const model = join(folder, 'model.onnx')
    const plan = {
      ...recipe,
      ...{ recipe: name, alpha: recipe.backbone === 'mobilenet' ? 0.25 : undefined, weights: null },
      ...{ featuresAt: undefined, width, height: side, epochs: 1, batch: 3, seed: 3 },
      copies: recipe.augmentation === null ? 0 : 1,
    }
    const places = { model, cache: join(folder, 'features') }
    const { history } = await train(films, plan, { ...places, versions: {}, note: () => {} })
    expect(history).toHaveLength(1)
    const file = await openModelFile(model)
    const { weights: _, ...settings } = settingsOf(plan)
    // As JSON has it.
    expect(file.training).toMatchObject(JSON.parse(JSON.stringify(settings)))
    expect(file.training).not.toHaveProperty('notes')
    expect(file.preprocessing).toEqual(preprocessingOf(plan))
    expect(file.input.shape).toEqual([null, side, width, 3])
    rmSync(folder, { recursive: true })
  })
})

test('docs/recipes.md is the table: npx vitest run test/train/recipes.test.ts -u', async () => {
  await expect(recipesPage(RECIPES)).toMatchFileSnapshot('../../docs/recipes.md')
})
