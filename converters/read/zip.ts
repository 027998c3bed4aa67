/** The files of a zip, one folder deep or not. What it inflates to is capped: a few kilobytes can claim terabytes. */
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { withTemporaryFolder } from '../../whole-file.ts'
import { damagedZip } from './damage.ts'
import type { Files } from './files.ts'

/** Weights hardly shrink; names and topologies shrink by ten or so. Zeros shrink by a thousand, and a model that was never
 *  trained may hold many: up to 1 GB of anything is unpacked, which no machine that converts dies of. */
const MOST_INFLATED = { times: 50, plus: 1 << 30 }
/** Each is 46 bytes at least: a file of a megabyte may claim twenty thousand. */
const MOST_ENTRIES = 20_000

/** Runs `use` on the files of a zip; where all lie in one folder, on that folder's.
 *  @throws Error with one line that says what is wrong with the zip */
export async function withZip<T>(path: string, use: (files: Files) => Promise<T>): Promise<T> {
  const zip = await openPromise(path, { autoClose: false }).catch((error: unknown) => {
    throw damagedZip(error)
  })
  try {
    return await use(filesOf(zip, await entriesOf(zip)))
  } finally {
    zip.close()
  }
}

async function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  const most = zip.fileSize * MOST_INFLATED.times + MOST_INFLATED.plus
  let inflated = 0
  for await (const entry of listed(zip)) {
    if (entry.fileName.endsWith('/') || entry.fileName.startsWith('__MACOSX/')) continue
    if (entries.has(entry.fileName)) throw new Error(`'${entry.fileName}' is twice in the zip`)
    inflated += entry.uncompressedSize
    if (inflated > most)
      throw new Error(`the zip would inflate to more than ${most} bytes, and is not unpacked`)
    entries.set(entry.fileName, entry)
    if (entries.size > MOST_ENTRIES) throw new Error(`the zip has more than ${MOST_ENTRIES} files`)
  }
  return withoutFolder(entries)
}

async function* listed(zip: ZipFile): AsyncGenerator<Entry> {
  const entries = zip.eachEntry()[Symbol.asyncIterator]()
  for (;;) {
    const next = await entries.next().catch((error: unknown) => {
      throw damagedZip(error)
    })
    if (next.done === true) return
    yield next.value
  }
}

/** Without the folder that everything lies in. */
function withoutFolder(entries: Map<string, Entry>): Map<string, Entry> {
  const tops = new Set([...entries.keys()].map((name) => name.slice(0, name.indexOf('/') + 1)))
  const [top = ''] = tops
  if (tops.size !== 1 || top === '') return entries
  return new Map([...entries].map(([name, entry]) => [name.slice(top.length), entry]))
}

/** yauzl ends the stream with an error where there is more, or less, than the zip says. */
async function inflated(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry)
  const bytes = new Uint8Array(entry.uncompressedSize)
  let end = 0
  for await (const piece of stream as AsyncIterable<Uint8Array>) {
    bytes.set(piece, end)
    end += piece.length
  }
  return bytes
}

function filesOf(zip: ZipFile, entries: ReadonlyMap<string, Entry>): Files {
  const read = async (name: string): Promise<Uint8Array> => {
    const entry = entries.get(name)
    if (entry === undefined) throw new Error(`'${name}' is not in the zip`)
    const bytes = await inflated(zip, entry).catch((error: unknown) => {
      throw damagedZip(error, name)
    })
    // Weights are often not packed, so that nothing else would see that one of them is another.
    if (crc32(bytes) !== entry.crc32) throw damagedZip(new Error('its checksum is another'), name)
    return bytes
  }
  return {
    names: [...entries.keys()].filter((name) => !name.includes('/')).sort(),
    size: async (name) => entries.get(name)?.uncompressedSize,
    read,
    async withPath(name, use) {
      return await withTemporaryFolder(async (folder) => {
        const path = join(folder, basename(name))
        await writeFile(path, await read(name))
        return await use(path)
      })
    },
  }
}
