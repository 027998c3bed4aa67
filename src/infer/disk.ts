/** How much space there is on a disk, and how much bytes are, in words. */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Bytes that are free in a folder, or where it will be made; null where the system does not say. */
export async function freeBytesAt(folder: string): Promise<number | null> {
  try {
    const { blocks, bavail, bsize } = await statfs(folder)
    return blocks === 0 ? null : bavail * bsize
  } catch {
    return dirname(folder) === folder ? null : freeBytesAt(dirname(folder))
  }
}

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `13.1 MB`; a kB is 1000 bytes. */
export function sizeText(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1)} ${UNITS[unit]}`
}
