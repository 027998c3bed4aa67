/** What decoding and preprocessing cost on real films: every PNG, JPEG, TIFF and WebP below the folders named, one after
 *  the other, to 224 x 224 x 3 with cv2-linear. Prints the milliseconds a film, and fails where a film fails.
 *  Example: node dist/scripts/bench-films.js ../shared/data/seed000 ../shared/data/seed003 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { spreadOf, spreadText } from '../bench/index.ts'
import { decodeFilm } from '../src/image/decode.ts'
import type { Preprocessing } from '../src/image/film.ts'
import { preprocess } from '../src/image/preprocess.ts'

const PREPROCESSING: Preprocessing = {
  version: 1,
  steps: [
    { op: 'window' },
    { op: 'fit', how: 'stretch', width: 224, height: 224, kernel: 'cv2-linear' },
    { op: 'channels', count: 3, luma: 'rec601' },
  ],
}

for (const folder of process.argv.slice(2)) {
  const decodeMs: number[] = []
  const preprocessMs: number[] = []
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter(({ name }) => /\.(png|jpe?g|tiff?|webp)$/i.test(name))) {
    const start = performance.now()
    const film = await decodeFilm(join(entry.parentPath, entry.name))
    const decoded = performance.now()
    preprocess(film, PREPROCESSING)
    decodeMs.push(decoded - start)
    preprocessMs.push(performance.now() - decoded)
  }
  process.stdout.write(
    `${folder}: ${decodeMs.length} films; decode ${spreadText(spreadOf(decodeMs))}; preprocess ${spreadText(spreadOf(preprocessMs))}\n`,
  )
}
