/** What a user reads of a model's file that came broken: what is wrong, where, and what to do, in our words. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import { strToU8, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readModel } from '../../../converters/read/models/read-model.ts'
import type { RoentgenError } from '../../../errors.ts'

const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/converters/${name}`, import.meta.url)))
const [h5, keras] = [fixture('siamese.h5'), fixture('siamese.keras')]
const json = strToU8(JSON.stringify({ text: 'a model, more or less'.repeat(20) }))
const zip = Buffer.from(zipSync({ 'model.json': json }))

const AGAIN = 'copy or download it again, or save the model again'
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-damage-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What is said of it, behind its name. */
async function said(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const error: RoentgenError = await readModel(path).then(
    () => expect.fail('it was read'),
    (thrown) => thrown,
  )
  expect(error.message).toBe(`ROE_MODEL_FORMAT: ${path}: ${error.reason}; ${error.remedy}`)
  return `${error.reason}; ${error.remedy}`
}

const TENTHS = Array.from({ length: 10 }, (_, i) => (i + 0.5) / 10)
const cut = (whole: Buffer, share: number): Buffer => whole.subarray(0, Math.floor(whole.length * share))
const flipped = (whole: Buffer, at: number): Buffer => {
  const bytes = Buffer.from(whole)
  bytes[at]! ^= 0x55
  return bytes
}

describe('a file that is cut short says so', () => {
  test.each(TENTHS)('at %d of it', async (share) => {
    const part = cut(h5, share)
    expect(await said('cut.h5', part)).toBe(
      `it is cut short: ${part.length} of ${h5.length} bytes are here; ${AGAIN}`,
    )
    for (const [name, whole] of Object.entries({ 'cut.keras': keras, 'cut.zip': zip }))
      expect(await said(name, cut(whole, share))).toBe(
        `it is cut short: the end of the zip is not here; ${AGAIN}`,
      )
  })
})

describe('a damage has its place', () => {
  const weights = keras.indexOf('\x89HDF', 0, 'latin1')
  const list = (whole: Buffer) => whole.indexOf('PK\x01\x02', 0, 'latin1')
  const head = Buffer.from(h5).fill(0, 8, 96)
  const ROWS: [what: string, name: string, bytes: Buffer, words: string][] = [
    [
      'one bit of weights that are not packed',
      'bit.keras',
      flipped(keras, weights + 20_000),
      "'model.weights.h5' in the zip is damaged",
    ],
    [
      'a topology that is not packed',
      'topology.keras',
      flipped(keras, keras.indexOf('"layers"')),
      "'config.json' in the zip is damaged",
    ],
    ['a packed file', 'packed.zip', flipped(zip, 45), "'model.json' in the zip is damaged"],
    ['the list of files', 'list.zip', flipped(zip, list(zip)), "the zip's list of files is damaged"],
    [
      'something appended',
      'more.keras',
      Buffer.concat([keras, Buffer.from('more')]),
      'the zip is cut short, or something was appended to it',
    ],
    ['the head of HDF5', 'head.h5', head, 'it is damaged at its head (HDF5: bad byte number in an address)'],
    [
      'a weight of HDF5',
      'weight.h5',
      flipped(h5, h5.indexOf('SNOD', 19_000)),
      "it is damaged at 'same/kernel:0' (HDF5: bad symbol table node signature)",
    ],
    [
      'a topology in HDF5',
      'topology.h5',
      flipped(h5, h5.indexOf('"layers"') + 8),
      "its topology ('model_config') is damaged",
    ],
  ]
  test.each(ROWS)('%s', async (_, name, bytes, words) => {
    const text = await said(name, bytes)
    expect(text.startsWith(words), text).toBe(true)
    expect(text.endsWith(`; ${AGAIN}`), text).toBe(true)
  })
})

describe('what a packer did is no damage', () => {
  const at = zip.indexOf('PK\x01\x02', 0, 'latin1')
  const patched = (offset: number, value: number): Buffer => {
    const bytes = Buffer.from(zip)
    bytes[at + offset] = value
    return bytes
  }
  const ROWS: [what: string, bytes: Buffer, words: string][] = [
    ['another method', patched(10, 12), 'the zip is packed by method 12; pack it by deflate'],
    ['encryption', patched(8, 1), 'the zip is encrypted; unpack it'],
    ['a path that leads out', Buffer.from(zipSync({ '../a.json': json })), "'../a.json' would lie outside"],
  ]
  test.each(ROWS)('%s', async (_, bytes, words) => {
    const text = await said('packer.zip', bytes)
    expect(text).toContain(words)
    expect(text).not.toContain(AGAIN)
  })
})
