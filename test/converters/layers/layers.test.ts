/** Every layer that tfjs-layers makes, as a saved model: read, converted, and the same numbers; or refused, with its reason. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Converted } from '../../../converters/convert.ts'
import type { Factory, LayerCase } from './case.ts'
import { caseModel, convertFolder, samplesOf, saveModel, shakeWeights } from './models.ts'
import { layersPage } from './page.ts'
import { LAYERS } from './table.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roentgen-layers-'))
})
afterAll(() => rm(folder, { recursive: true }))

const ROWS = Object.entries<readonly LayerCase<unknown>[]>(LAYERS) as [
  Factory,
  readonly LayerCase<unknown>[],
][]

test('every function of tf.layers that makes a layer has a row, and no other', () => {
  const factories = Object.keys(tfl.layers).filter((name) => /^[a-z]/.test(name) && name !== 'input')
  expect(Object.keys(LAYERS).toSorted()).toEqual(factories.toSorted())
  expect(factories.length).toBe(76)
})

test('docs/layers.md is the table: npx vitest run test/converters/layers/layers.test.ts -u', async () => {
  await expect(layersPage(ROWS)).toMatchFileSnapshot('../../../docs/layers.md')
})

const titleOf = ({ args, inputs, title }: LayerCase<unknown>): string => {
  const on = inputs.map(({ shape }) => `[${shape}]`).join(' ')
  return `${title ?? (typeof args === 'function' ? args.toString().replace(/\s+/g, ' ').slice(0, 99) : JSON.stringify(args))} on ${on}`
}

describe.each(ROWS)('%s', (name, cases) => {
  test.each(cases.map((row) => [titleOf(row), row] as const))('%s', async (_, row) => {
    const work = proveCase(name, row)
    if (row.refused === undefined) return expect((await work).graph.outputs.length).toBeGreaterThan(0)
    const error = await work.then(
      () => expect.fail('it converts'),
      (thrown: unknown) => thrown,
    )
    expect((error as Error).message).toContain(row.refused.words)
  })
})

async function proveCase(name: Factory, row: LayerCase<unknown>): Promise<Converted> {
  const model = caseModel(name, row)
  shakeWeights(model, 7)
  const place = await mkdtemp(join(folder, 'model-'))
  await saveModel(model, place)
  model.dispose()
  return convertFolder(place, samplesOf(row.inputs, 3))
}
