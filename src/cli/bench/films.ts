/** The films that are measured from file to row: a sample of those that can be read. */
import { stat } from 'node:fs/promises'
import { RoentgenError } from '../../../errors.ts'
import { seededRandom, shuffled } from '../../../random.ts'
import { openInputs } from '../../data/inputs/inputs.ts'
import { readLabelled } from '../../data/manifest.ts'
import { decodeFilm } from '../../image/decode.ts'
import { giveBack } from '../../image/lent.ts'

/** Films of the sample. Each is read in every visit, so they are in the memory of the system. */
const SAMPLE = 256

export interface FilmsToRun {
  paths: string[]
  /** Of their files together. */
  bytes: number
  /** Of the sample, those that cannot be read. */
  unreadable: string[]
}

/** @param folder  of films; the labelled ones where there is none
 *  @returns none where neither is given   @throws ROE_NO_FILMS; what openInputs and readLabelled throw */
export async function filmsToRun(folder: string | undefined, data: string | undefined): Promise<FilmsToRun> {
  const where = folder ?? data
  const [paths, unreadable]: [string[], string[]] = [[], []]
  if (where === undefined) return { paths, bytes: 0, unreadable }
  const all = folder === undefined ? await labelled(where) : await listed(folder)
  const sample = shuffled(all, seededRandom(1)).slice(0, SAMPLE).sort()
  for (const path of sample) (await canBeRead(path)) ? paths.push(path) : unreadable.push(path)
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  if (paths.length > 0) return { paths, bytes, unreadable }
  throw new RoentgenError('ROE_NO_FILMS', { where })
}

const labelled = async (data: string): Promise<string[]> =>
  (await readLabelled(data)).films.map(({ path }) => path)

async function listed(folder: string): Promise<string[]> {
  const paths: string[] = []
  const inputs = await openInputs([folder])
  for await (const { path, problem } of inputs.films()) if (problem === null) paths.push(path)
  return paths
}

async function canBeRead(path: string): Promise<boolean> {
  try {
    giveBack((await decodeFilm(path)).pixels)
    return true
  } catch {
    return false
  }
}
