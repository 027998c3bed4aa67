/** From films and a model to pictures of what the model looked at (S3.6), and a table of where. A map shows where a class's
 *  evidence lies on average; it finds no lesions. */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { writeWhole } from '../../whole-file.ts'
import { csvRow } from '../data/csv.ts'
import { errorOf, failureOf } from '../infer/failure.ts'
import type { ModelFile } from '../infer/model-file.ts'
import type { NamedFilm } from '../infer/named.ts'
import { RESEARCH_ONLY } from '../report/page.ts'
import { type MappedFilm, mapFilms, type UnmappedFilm } from './maps.ts'
import { type FilmPictures, GRID_FILMS, gridPng, picturesOf, type Title, titleOf } from './pictures.ts'

export interface FilmToExplain extends NamedFilm {
  /** What it shows; null where that is not known. */
  label: string | null
}

export interface ExplainOptions {
  model: ModelFile
  films: Iterable<FilmToExplain> | AsyncIterable<FilmToExplain>
  /** How many there are. */
  count: number
  /** Whose maps are shown; of each film those of its most probable label unless given. */
  label?: string | undefined
  /** A folder: see refuseTaken. */
  out: string
  /** Called after each film. */
  onFilm?: (done: number, failed: number) => void
}

/** What is said of a film; places in pixels from the film's upper left corner. Unknown is null. */
export interface Explained {
  path: string
  status: 'ok' | 'failed'
  predicted: string | null
  actual: string | null
  /** Whose map it is, and its probability. */
  class: string | null
  probability: number | null
  /** The middle of the place where the map is largest, how large, and how small it is elsewhere. */
  x: number | null
  y: number | null
  maximum: number | null
  minimum: number | null
  /** Of the film in `films/`; another one, with `.seen` in its name, shows what the model saw. */
  picture: string | null
  /** Why it failed. */
  reason: string | null
}

/** Writes `films/`, `grid.png`, `maxima.csv` and `maxima.json`.
 *  @returns what it says of each film, in their order
 *  @throws ROE_OPTION for a label that there is not; ROE_MODEL_OUTPUT for a model without maps;
 *    ROE_ALL_FAILED, ROE_WRITE, and what opening the model throws */
export async function explainFilms(options: ExplainOptions): Promise<Explained[]> {
  const { model, label, out, count, onFilm } = options
  refuseUnknown(label, model)
  const given: FilmToExplain[] = []
  async function* films(): AsyncGenerator<NamedFilm> {
    for await (const film of options.films) {
      given.push(film)
      yield film
    }
  }
  const rows: Explained[] = []
  const grid: Parameters<typeof gridPng>[0][number][] = []
  let failed = 0
  for await (const result of mapFilms(films(), model, label)) {
    const { path, label: actual } = given.shift()!
    const drawn = await drawnOf(result, path, actual, model)
    if (drawn.status === 'failed') {
      failed++
      rows.push(failedRow(drawn, actual))
    } else {
      const { title, mapped } = drawn
      const picture = pictureName(mapped)
      await writeWhole(join(out, 'films', `${picture}.png`), drawn.film)
      await writeWhole(join(out, 'films', `${picture}.seen.png`), drawn.seen)
      if (isShown(mapped.index, count)) grid.push({ tile: drawn.tile, title })
      rows.push(rowOf(mapped, actual, `films/${picture}.png`))
    }
    onFilm?.(rows.length, failed)
  }
  await writeTables(out, model, rows)
  if (failed === rows.length)
    throw new RoentgenError('ROE_ALL_FAILED', { where: out, failed, ledger: join(out, 'maxima.csv') })
  if (grid.length > 0) await writeWhole(join(out, 'grid.png'), await gridPng(grid))
  return rows
}

interface DrawnFilm extends FilmPictures {
  status: 'ok'
  mapped: MappedFilm
  title: Title
}

/** A film is read again for its pictures: one that vanished meanwhile failed like any other. */
async function drawnOf(
  mapped: MappedFilm | UnmappedFilm,
  path: string,
  actual: string | null,
  { preprocessing }: ModelFile,
): Promise<DrawnFilm | UnmappedFilm> {
  if (mapped.status === 'failed') return mapped
  const title = titleOf(mapped, actual)
  try {
    return { status: 'ok', mapped, title, ...(await picturesOf(path, mapped, preprocessing, title)) }
  } catch (error) {
    const { index, path: name } = mapped
    return { index, path: name, status: 'failed', failure: failureOf('decode', name, error) }
  }
}

/** Whether a film is on the sheet: 25 of them, spread evenly over all. */
const isShown = (index: number, count: number): boolean =>
  count <= GRID_FILMS ||
  Math.floor(((index + 1) * GRID_FILMS) / count) > Math.floor((index * GRID_FILMS) / count)

/** `0001-film`: in the order of the films, and unlike any other. */
const pictureName = ({ index, path }: MappedFilm): string =>
  `${String(index + 1).padStart(4, '0')}-${basename(path)
    .replace(/\.[^.]*$/, '')
    .replace(/[^\p{L}\p{N}._-]/gu, '_')
    .slice(0, 80)}`

const rowOf = (
  { path, predicted, label, probability, peak }: MappedFilm,
  actual: string | null,
  picture: string,
): Explained => ({
  ...{ path, status: 'ok', predicted, actual, class: label, probability },
  ...{
    x: tenths(peak.x),
    y: tenths(peak.y),
    maximum: peak.value,
    minimum: peak.least,
    picture,
    reason: null,
  },
})

const tenths = (pixels: number): number => Math.round(pixels * 10) / 10

const failedRow = ({ path, failure }: UnmappedFilm, actual: string | null): Explained => ({
  ...{ path, status: 'failed', predicted: null, actual, class: null, probability: null, x: null, y: null },
  ...{ maximum: null, minimum: null, picture: null, reason: errorOf(failure).message },
})

const COLUMNS = [
  ...(['path', 'status', 'predicted', 'actual', 'class', 'probability', 'x', 'y', 'maximum'] as const),
  ...(['minimum', 'picture', 'reason'] as const),
]

async function writeTables(out: string, model: ModelFile, films: readonly Explained[]): Promise<void> {
  const csv = [csvRow(COLUMNS), ...films.map((film) => csvRow(COLUMNS.map((column) => film[column])))]
  const facts = {
    version: 1,
    note: RESEARCH_ONLY,
    model: { file: basename(model.path), digest: model.digest },
  }
  await writeWhole(join(out, 'maxima.csv'), csv.join(''))
  await writeWhole(join(out, 'maxima.json'), `${JSON.stringify({ ...facts, films }, null, 2)}\n`)
}

function refuseUnknown(label: string | undefined, { labels }: ModelFile): void {
  if (label === undefined || labels.includes(label)) return
  const expected = `a label of the model (${labels.join(', ')})`
  throw new RoentgenError('ROE_OPTION', { where: '--class', expected, received: label })
}

/** Pictures of an earlier run would stand among those of this one.
 *  @param own  a file there that is this run's
 *  @throws ROE_OPTION for a folder with something in it */
export async function refuseTaken(out: string, own: string): Promise<void> {
  const found = await readdir(out).catch(() => [])
  if (found.every((name) => name === own)) return
  const expected = 'a folder that is not there yet, or empty'
  throw new RoentgenError('ROE_OPTION', { where: '-o', expected, received: out })
}
