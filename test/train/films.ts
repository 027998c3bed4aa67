/** Made-up films in class folders, for the tests of training: no network, no shared data. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodePng } from '../../src/image/encode.ts'
import type { Pixels } from '../../src/image/film.ts'
import { phantomFilm } from '../../src/image/phantom.ts'

/** Writes `count` films for each class into folders of their names; every other class has opacities.
 *  @returns `folder` */
export async function phantomFolder(
  folder: string,
  { classes, count, size = 96 }: { classes: readonly string[]; count: number; size?: number },
): Promise<string> {
  for (const [row, label] of classes.entries()) {
    mkdirSync(join(folder, label), { recursive: true })
    for (let i = 0; i < count; i++) {
      const { film } = phantomFilm({ seed: row * 1000 + i, positive: row % 2 === 1, size })
      writeFileSync(
        join(folder, label, `film${String(i).padStart(2, '0')}.png`),
        await encodePng(film as Pixels),
      )
    }
  }
  return folder
}
