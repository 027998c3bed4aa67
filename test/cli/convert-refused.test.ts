/** What a user is told of a bad model: all of it, word for word, and that nothing is left behind. */
import '@tensorflow/tfjs-backend-cpu'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphModel } from '../../scripts/mutants/originals.ts'
import { roentgen } from './run.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-refused-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const corrupt = readFileSync(new URL('../fixtures/converters/siamese.h5', import.meta.url)).fill(7, 100, 900)
const { json, weights } = graphModel()
const whole = { 'model.json': json, 'weights.bin': weights }
const changed = (from: string, to: string) => ({ ...whole, 'model.json': json.replaceAll(from, to) })
const shard = (path: string) => changed('"weights.bin"', JSON.stringify(path))

type Contents = Readonly<Record<string, string | Uint8Array>>

const GIVE = 'give a tfjs model (its folder, json or zip), a Keras .h5 or a .keras file'

function bytesOf(contents: Contents): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(contents).map(([name, content]) => [name, new Uint8Array(Buffer.from(content as string))]),
  )
}

/** A zip whose last file claims 4 GB. */
function claiming(files: Record<string, Uint8Array>): Uint8Array {
  const zip = Buffer.from(zipSync(files))
  zip.writeUInt32LE(0xf000_0000, zip.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 24)
  return zip
}
const bomb = claiming(bytesOf(whole))

/** What is wrong; the files; which of them is converted [the folder]; the line, with MODEL for its path. */
const ROWS: readonly [what: string, contents: Contents, named: string, line: string][] = [
  [
    'an operation that ONNX lacks',
    changed('"op":"Softmax"', '"op":"Unique"'),
    '',
    "ROE_OP_UNSUPPORTED: classes: kernel 'Unique' (how many values it gives depends on values of the input) has no ONNX lowering; replace the layer, or give one that computes it otherwise with --register (docs/convert.md)",
  ],
  [
    'an operation that tfjs lacks',
    changed('"op":"Softmax"', '"op":"Bucketize"'),
    '',
    "ROE_LAYER_UNSUPPORTED: node 'classes': operation 'Bucketize', which tfjs does not have, is not converted; replace it in the model, or give what it computes with --register (docs/convert.md)",
  ],
  [
    'control flow',
    changed('"op":"Softmax","input":["dense"]', '"op":"Switch","input":["dense","flat/shape"]'),
    '',
    "ROE_LAYER_UNSUPPORTED: node 'classes': operation 'Switch' (control flow) is not converted; replace it in the model, or give what it computes with --register (docs/convert.md)",
  ],
  [
    'truncated weights',
    { ...whole, 'weights.bin': weights.subarray(0, 999) },
    '',
    `ROE_MODEL_FORMAT: MODEL: shard 'weights.bin' has 999 bytes, the manifest needs 1004; ${GIVE}`,
  ],
  [
    'a missing shard',
    { 'model.json': json },
    '',
    `ROE_MODEL_FORMAT: MODEL: shard 'weights.bin' is missing; ${GIVE}`,
  ],
  [
    'another shape',
    changed('"shape":[48,4]', '"shape":[24,8]'),
    '',
    "ROE_BATCH_FIXED: dense: the batch is declared open, but tfjs fails for a batch of 3: node 'dense/MatMul' (MatMul): MatMul: [3,48] and [24,8] do not fit; declare a fixed batch",
  ],
  [
    'a corrupt .h5',
    { 'model.h5': corrupt },
    'model.h5',
    'ROE_MODEL_FORMAT: MODEL: it is damaged at its head (HDF5: actual len exceeds EOA); copy or download it again, or save the model again',
  ],
  [
    'a zip bomb',
    { 'model.zip': bomb },
    'model.zip',
    `ROE_MODEL_FORMAT: MODEL: the zip would inflate to more than ${50 * bomb.length + 2 ** 30} bytes, and is not unpacked; ${GIVE}`,
  ],
  [
    'a path above',
    shard('../weights.bin'),
    '',
    `ROE_MODEL_FORMAT: MODEL: shard '../weights.bin' is outside the model's folder; it is not read; ${GIVE}`,
  ],
  [
    'an absolute path',
    shard('/etc/hostname'),
    '',
    `ROE_MODEL_FORMAT: MODEL: shard '/etc/hostname' is outside the model's folder; it is not read; ${GIVE}`,
  ],
]

function unpacked(what: string, contents: Contents): string {
  const place = join(folder, what.replaceAll(/\W/g, '-'))
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(place, name)), { recursive: true })
    writeFileSync(join(place, name), content)
  }
  return place
}

async function expectRefused(model: string, line: string): Promise<void> {
  const out = mkdtempSync(join(folder, 'out-'))
  const { status, stdout, stderr } = await roentgen(['convert', model, '-o', join(out, 'model.onnx')])
  expect(stderr.replaceAll(model, 'MODEL')).toBe(`${line}\n`)
  expect([status, stdout, readdirSync(out)]).toEqual([1, '', []])
}

describe('refused in one line, with nothing left behind:', () => {
  test.each(ROWS)('%s', async (what, contents, named, line) => {
    await expectRefused(join(unpacked(what, contents), named).replace(/\/$/, ''), line)
  })

  test('a shard that is a link', async () => {
    const place = unpacked('link', { 'model.json': json, 'elsewhere/weights.bin': weights })
    symlinkSync('elsewhere/weights.bin', join(place, 'weights.bin'))
    await expectRefused(
      place,
      `ROE_MODEL_FORMAT: MODEL: 'weights.bin' is a link; links are not followed; ${GIVE}`,
    )
  })
})
