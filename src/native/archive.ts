/** Takes the listed files out of a wheel or an npm package, and nothing else: no links, no names that lead elsewhere, no more
 *  than is sensible. Their digests were compared before. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { finished } from 'node:stream/promises'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { makeFolder } from '../../whole-file.ts'
import type { Take } from './part.ts'
import { readTgz } from './tar.ts'

/** Of one archive: the largest, TensorFlow for GPUs, takes a fifth. */
interface Caps {
  bytes: number
  entries: number
}
const CAPS: Caps = { bytes: 8e9, entries: 100_000 }

/** @returns SHA-256 in hexadecimal */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await finished(createReadStream(path, { highWaterMark: 1 << 20 }).on('data', (piece) => hash.update(piece)))
  return hash.digest('hex')
}

/** @param path  a .whl or a .tgz   @param folder  what `to` of the takes begins in
 *  @throws Error with one line that says what is wrong with the archive; of the system, where it cannot be written */
export async function takeFiles(
  path: string,
  takes: readonly Take[],
  folder: string,
  caps: Caps = CAPS,
): Promise<void> {
  const taken = new Map<Take, number>(takes.map((take) => [take, 0]))
  const targetOf = (name: string): string | null => {
    const take = takes.find(({ from }) => from.test(name))
    if (take === undefined) return null
    taken.set(take, taken.get(take)! + 1)
    return targetIn(folder, name.replace(take.from, take.to))
  }
  await (path.endsWith('.tgz') ? takeOfTgz : takeOfZip)(path, targetOf, caps)
  const lacking = [...taken].find(([, count]) => count === 0)
  if (lacking !== undefined) throw new Error(`it has no file like ${lacking[0].from.source}`)
}

type TargetOf = (name: string) => string | null

function targetIn(folder: string, name: string): string {
  const target = resolve(folder, name)
  if (!target.startsWith(resolve(folder) + sep)) throw new Error(`'${name}' leads out of the folder`)
  return target
}

async function takeOfTgz(path: string, targetOf: TargetOf, caps: Caps): Promise<void> {
  const files = await readTgz(path)
  if (files.length > caps.entries) throw new Error(`it has more than ${caps.entries} files`)
  for (const { name, bytes } of files) {
    const target = targetOf(name)
    if (target === null) continue
    await makeFolder(dirname(target))
    await writeFile(target, bytes, { flag: 'wx' }).catch((error) => refuseTwice(error, name))
  }
}

async function takeOfZip(path: string, targetOf: TargetOf, caps: Caps): Promise<void> {
  const zip = await openPromise(path, { autoClose: false })
  try {
    if (zip.entryCount > caps.entries) throw new Error(`it has more than ${caps.entries} files`)
    let left = caps.bytes
    // yauzl refuses names that are absolute or have `..` in them.
    for await (const entry of zip.eachEntry()) {
      if (isLink(entry)) throw new Error(`'${entry.fileName}' is a link`)
      const target = entry.fileName.endsWith('/') ? null : targetOf(entry.fileName)
      if (target === null) continue
      left -= entry.uncompressedSize
      if (left < 0) throw new Error(`it would unpack to more than ${caps.bytes} bytes`)
      await unpack(zip, entry, target)
    }
  } finally {
    zip.close()
  }
}

async function unpack(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  await makeFolder(dirname(target))
  const file = await open(target, 'wx', isProgram(entry) ? 0o755 : 0o644).catch((error) =>
    refuseTwice(error, entry.fileName),
  )
  try {
    // It ends with an error where there is more, or less, than the zip says.
    const pieces = (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>
    for await (const piece of pieces) await file.writeFile(piece)
  } finally {
    await file.close()
  }
}

function refuseTwice(error: NodeJS.ErrnoException, name: string): never {
  if (error.code === 'EEXIST') throw new Error(`'${name}' is in it twice`)
  throw error
}

/** Unix keeps it in the upper half of an entry's attributes. */
const modeOf = ({ externalFileAttributes }: Entry): number => externalFileAttributes >>> 16
const isLink = (entry: Entry): boolean => (modeOf(entry) & 0o170000) === 0o120000
const isProgram = (entry: Entry): boolean => (modeOf(entry) & 0o111) !== 0
