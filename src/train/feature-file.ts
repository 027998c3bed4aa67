/** A file of features: rows of float32 in the machine's order, then the sha256 of them. Whatever is short, longer or
 *  damaged is taken for absent, and computed again. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { WholeFile } from '../../whole-file.ts'

const DIGEST_BYTES = 32

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
      const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)
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

/** @param length  numbers that the file must hold
 *  @returns them, or nothing where the file is absent, of another length, or damaged */
export async function readFeatureFile(path: string, length: number): Promise<Float32Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  const sizeBytes = length * Float32Array.BYTES_PER_ELEMENT
  if (bytes?.byteLength !== sizeBytes + DIGEST_BYTES) return undefined
  // A copy, since a Buffer may begin where no float can.
  const rows = Uint8Array.from(bytes.subarray(0, sizeBytes))
  if (!createHash('sha256').update(rows).digest().equals(bytes.subarray(sizeBytes))) return undefined
  return new Float32Array(rows.buffer)
}
