/** Films and broken inputs for the tests of src/infer: made in a temporary folder, no network, no shared data. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeJpeg, encodePng } from '../../src/image/encode.ts'
import type { Pixels } from '../../src/image/film.ts'

/** Path of a fixture model: `fixture('classifier')`. */
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/infer/${name}.onnx`, import.meta.url))

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'roentgen-infer-'))
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** A grey film whose upper and lower half are of another brightness for each `seed`. */
function film(seed: number): Pixels {
  const pixels = new Uint8Array(40 * 48)
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = (i < pixels.length / 2 ? 40 + 37 * seed : 200 - 23 * seed) + ((i * (seed + 3)) % 31)
  return { width: 40, height: 48, channels: 1, pixels }
}

/** Writes `count` PNG films. @returns their paths */
export async function writeFilms(folder: string, count: number): Promise<string[]> {
  const paths = Array.from({ length: count }, (_, i) => join(folder, `film${String(i).padStart(3, '0')}.png`))
  for (const [i, path] of paths.entries()) writeFileSync(path, await encodePng(film(i)))
  return paths
}

/** Everything that a folder of films should not hold: name → code in the ledger. */
export const BROKEN = {
  'b-truncated.jpg': 'ROE_FILM_DAMAGED',
  'c-text.png': 'ROE_FILM_FORMAT',
  'd-empty.png': 'ROE_FILM_EMPTY',
  'e-loop.png': 'ROE_FILM_UNREADABLE',
  'f-pipe.png': 'ROE_FILM_NOT_A_FILE',
  'g-folder-link.png': 'ROE_FILM_NOT_A_FILE',
  'h-nowhere.png': 'ROE_FILM_MISSING',
} as const

/** Writes the files of BROKEN, and `x.png`, a folder, which is walked into and is no input. */
export async function writeBroken(folder: string): Promise<void> {
  const jpeg = await encodeJpeg({ ...film(1), channels: 1 }, 90)
  writeFileSync(join(folder, 'b-truncated.jpg'), jpeg.subarray(0, jpeg.length / 2))
  writeFileSync(join(folder, 'c-text.png'), 'no picture\n')
  writeFileSync(join(folder, 'd-empty.png'), '')
  symlinkSync('e-loop.png', join(folder, 'e-loop.png'))
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'f-pipe.png')])
  mkdirSync(join(folder, 'x.png'))
  symlinkSync('x.png', join(folder, 'g-folder-link.png'))
  symlinkSync('gone.png', join(folder, 'h-nowhere.png'))
}
