/** The three classifiers inside the npm package `nsfwjs`, as folders that a tfjs model has: there they are JavaScript
 *  bundles, with weights as base64. They are too large to be committed, so tests make them when they need them.
 *  Run: node dist/scripts/unwrap-nsfwjs.js OUT */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export const NSFWJS_MODELS = ['mobilenet_v2', 'mobilenet_v2_mid', 'inception_v3'] as const
export type NsfwjsModel = (typeof NSFWJS_MODELS)[number]

interface ModelJson {
  weightsManifest: { paths: string[] }[]
}

const require = createRequire(import.meta.url)

/** Writes one of the models into `folder`, which is made.
 *  @returns the folder */
export function unwrapNsfwjs(model: NsfwjsModel, folder: string): string {
  const bundles = join(dirname(require.resolve('nsfwjs')), '../models', model)
  const json = require(join(bundles, 'model.min.js')) as ModelJson
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json))
  for (const shard of json.weightsManifest.flatMap(({ paths }) => paths)) {
    const base64 = require(join(bundles, `${shard}.min.js`)) as string
    writeFileSync(join(folder, shard), Buffer.from(base64, 'base64'))
  }
  return folder
}

const [, script, out] = process.argv
if (script === import.meta.filename && out !== undefined)
  for (const model of NSFWJS_MODELS) process.stdout.write(`${unwrapNsfwjs(model, join(out, model))}\n`)
