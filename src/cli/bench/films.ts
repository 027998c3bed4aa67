/** The films that are measured from file to row: a sample of those that can be read. */
import { stat } from 'node:fs/promises'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { seededRandom, shuffled } from '../../../random.ts'
import { readFindings } from '../../data/findings.ts'
import { openInputs } from '../../data/inputs/inputs.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { readLabelled } from '../../data/manifest.ts'
import { isOfFindings } from '../../evaluate/from-model.ts'
import { decodeFilm } from '../../image/decode.ts'
import { giveBack } from '../../image/lent.ts'
import type { ModelFile } from '../../infer/model-file.ts'

/** Films of the sample. Each is read in every visit, so they are in the memory of the system. */
const SAMPLE = 256

export interface FilmsToRun {
  paths: string[]
  /** Of their files together. */
  bytes: number
  /** Of the sample, those that cannot be read. */
  unreadable: { path: string; reason: string }[]
}

/** @param folder  of films; the labelled ones where there is none
 *  @param models  that are measured; they say how the labels are read
 *  @returns none where neither is given
 *  @throws ROE_NO_FILMS, also where none can be read; what openInputs and readLabelled throw */
export async function filmsToRun(
  folder: string | undefined,
  data: string | undefined,
  models: readonly ModelFile[],
): Promise<FilmsToRun> {
  const where = folder ?? data
  const [paths, unreadable]: [string[], FilmsToRun['unreadable']] = [[], []]
  if (where === undefined) return { paths, bytes: 0, unreadable }
  const all = folder === undefined ? await labelled(where, models) : await listed(folder)
  const sample = shuffled(all, seededRandom(1)).slice(0, SAMPLE).sort()
  for (const path of sample) {
    const reason = await whyUnreadable(path)
    if (reason === null) paths.push(path)
    else unreadable.push({ path, reason })
  }
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  if (paths.length > 0) return { paths, bytes, unreadable }
  const [first] = unreadable
  const tried = first === undefined ? {} : { unreadable: { count: unreadable.length, ...first } }
  throw new RoentgenError('ROE_NO_FILMS', { where, ...tried })
}

const pathsOf = ({ films }: LabelledSet): string[] => films.map(({ path }) => path)

async function labelled(data: string, models: readonly ModelFile[]): Promise<string[]> {
  for (const model of models)
    if (await isOfFindings(model, data)) return pathsOf(await readFindings(data, model.labels))
  return pathsOf(await readLabelled(data))
}

async function listed(folder: string): Promise<string[]> {
  const paths: string[] = []
  const inputs = await openInputs([folder])
  for await (const { path, problem } of inputs.films()) if (problem === null) paths.push(path)
  return paths
}

/** @returns null where it can be read */
async function whyUnreadable(path: string): Promise<string | null> {
  try {
    giveBack((await decodeFilm(path)).pixels)
    return null
  } catch (error) {
    return error instanceof RoentgenError ? error.reason : problemOf(error)
  }
}
