/** A file of features: rows of float32 in the machine's order, then the sha256 of them. Whatever is short, longer or
 *  damaged is taken for absent, and computed again. It is read a few rows at a time, never whole. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { RoentgenError } from '../../errors.ts'
import { WholeFile } from '../../whole-file.ts'

const DIGEST_BYTES = 32
/** A file is checked in pieces of this many bytes. */
const PIECE_BYTES = 1 << 20

export interface FeatureFile {
  /** Appends rows. @throws ROE_WRITE */
  write: (rows: Float32Array) => Promise<void>
  /** Gives the file its name. @throws ROE_WRITE */
  finish: () => Promise<void>
  /** Nothing of it stays, unless it is finished. */
  abandon: () => Promise<void>
}

/** Begins a file that has its name only when it is whole. @throws ROE_WRITE */
export async function createFeatureFile(path: string): Promise<FeatureFile> {
  const file = await WholeFile.create(path)
  const hash = createHash('sha256')
  return {
    async write(rows) {
      const bytes = bytesOf(rows)
      hash.update(bytes)
      await file.write(bytes)
    },
    async finish() {
      await file.write(hash.digest())
      await file.finish()
    },
    abandon: () => file.abandon(),
  }
}

/** Bytes of a file of so many numbers. */
export const featureFileBytes = (numbers: number): number =>
  numbers * Float32Array.BYTES_PER_ELEMENT + DIGEST_BYTES

/** Whether the file is there and as long as it must be; whether it is damaged is not looked at. */
export async function hasFeatureFile(path: string, numbers: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() === true && found.size === featureFileBytes(numbers)
}

/** Whether the file is there, as long as it must be, and holds what was written. */
export async function isWholeFeatureFile(path: string, numbers: number): Promise<boolean> {
  if (!(await hasFeatureFile(path, numbers))) return false
  const end = featureFileBytes(numbers) - DIGEST_BYTES
  const hash = createHash('sha256')
  try {
    for await (const piece of createReadStream(path, { end: end - 1, highWaterMark: PIECE_BYTES }))
      hash.update(piece as Buffer)
    const digest = (await createReadStream(path, { start: end }).toArray()) as Buffer[]
    return Buffer.concat(digest).equals(hash.digest())
  } catch {
    return false
  }
}

/** Some rows of a file that is whole.
 *  @returns [chosen.length, length], row-major   @throws ROE_NOT_FOUND where the file, or a part of it, went meanwhile */
export async function readFeatureRows(
  path: string,
  chosen: readonly number[],
  length: number,
): Promise<Float32Array> {
  const rows = new Float32Array(chosen.length * length)
  const file = await open(path).catch((cause: unknown) => {
    throw gone(path, cause)
  })
  try {
    for (const [i, row] of chosen.entries()) {
      const place = bytesOf(rows.subarray(i * length, (i + 1) * length))
      const { bytesRead } = await file.read(place, 0, place.byteLength, row * place.byteLength)
      if (bytesRead < place.byteLength) throw gone(path)
    }
    return rows
  } finally {
    await file.close()
  }
}

const bytesOf = (rows: Float32Array): Uint8Array =>
  new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)

const gone = (where: string, cause?: unknown): RoentgenError =>
  new RoentgenError('ROE_NOT_FOUND', { where, kind: 'file of features any more' }, { cause })
