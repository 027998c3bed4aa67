/** `roentgen score --dry-run`: what a run would take and what would fail, from a listing of all films and a run of a few of
 *  them. Writes nothing. */
import { access, constants } from 'node:fs/promises'
import { dirname, extname } from 'node:path'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { seededRandom } from '../../../random.ts'
import type { Input, Inputs } from '../../data/inputs/inputs.ts'
import { freeBytesAt, sizeText } from '../../infer/disk.ts'
import { errorOf } from '../../infer/failure.ts'
import { columnsOf } from '../../infer/layout.ts'
import { cellsOf, type ScoredFilm } from '../../infer/row.ts'
import { journalLine } from '../../infer/run/journal.ts'
import { type ScoreOptions, scoreFilms } from '../../infer/score.ts'
import { layoutOf, planScoring } from '../../infer/scoring.ts'
import { writerFor } from '../../infer/writers.ts'

/** Films that are really scored: each of them this many times, so that starting up counts for less. */
const SAMPLE = 16
const ROUNDS = 3

/** Failing folders and films that are told one by one. */
const TOLD = 5

export interface Estimate {
  films: number
  /** Files by the end of their names, the most frequent first; what they really are shows when they are read. */
  kinds: Record<string, number>
  /** Folders that cannot be walked into; each will have a row that failed. */
  unopened: { count: number; first: string[] }
  /** Of the films that were tried. */
  sample: { films: number; failed: { film: string; reason: string }[]; filmsPerSecond: number | null }
  /** null where no film of the sample could be scored. */
  seconds: number | null
  /** Of the output, of the embeddings beside it, and of the journal, which is there while the run lasts. */
  bytes: { output: number; features: number; journal: number } | null
  /** Where the output would lie; null where the system does not tell. */
  freeBytes: number | null
}

/** @param scoring  how the films would be scored */
export async function dryRun(
  inputs: Inputs,
  scoring: Omit<ScoreOptions, 'films'>,
  out: string,
): Promise<Estimate> {
  await demandWritable(out)
  const { sample, ...listed } = await listAll(inputs)
  const tried = await tryFilms(sample, scoring, out)
  const { filmsPerSecond, failed, bytes } = tried
  return {
    ...listed,
    sample: { films: sample.length, failed, filmsPerSecond },
    seconds: filmsPerSecond === null ? null : listed.films / filmsPerSecond,
    bytes: bytes && {
      output: bytes.output * listed.films,
      features: bytes.features * listed.films,
      journal: bytes.journal * listed.films,
    },
    freeBytes: await freeBytesAt(dirname(out)),
  }
}

/** The folder of the output, or where it will be made, may be written. @throws ROE_WRITE */
async function demandWritable(out: string, folder = dirname(out)): Promise<void> {
  try {
    await access(folder, constants.W_OK)
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing && dirname(folder) !== folder) return demandWritable(out, dirname(folder))
    throw new RoentgenError('ROE_WRITE', { where: out, problem: problemOf(error) }, { cause: error })
  }
}

async function listAll(inputs: Inputs) {
  const [sample, kinds] = [[] as Input[], new Map<string, number>()]
  const unopened = { count: 0, first: [] as string[] }
  const random = seededRandom(1)
  let films = 0
  for await (const input of inputs.films()) {
    films += 1
    if (input.problem !== null) {
      unopened.count += 1
      if (unopened.first.length < TOLD) unopened.first.push(`${input.name} (${input.problem})`)
      continue
    }
    const kind = extname(input.path).toLowerCase() || 'none'
    kinds.set(kinds.size < 1000 || kinds.has(kind) ? kind : 'others', (kinds.get(kind) ?? 0) + 1)
    // A sample of a list whose length nobody knows yet (Vitter's algorithm R).
    const place = sample.length < SAMPLE ? sample.length : Math.floor(random() * films)
    if (place < SAMPLE) sample[place] = input
  }
  const sorted = [...kinds].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return { films, kinds: Object.fromEntries(sorted), unopened, sample }
}

/** Scores the sample and measures what its rows take. */
async function tryFilms(sample: readonly Input[], scoring: Omit<ScoreOptions, 'films'>, out: string) {
  const films = Array.from({ length: ROUNDS }, () => sample).flat()
  const scored: ScoredFilm[] = []
  let begun = Date.now()
  const onReady = () => {
    begun = Date.now()
  }
  for await (const film of scoreFilms({ ...scoring, films, onReady })) scored.push(film)
  const seconds = (Date.now() - begun) / 1000
  const first = scored.slice(0, sample.length)
  return {
    filmsPerSecond: scored.length === 0 ? null : scored.length / seconds,
    failed: first.flatMap((film) =>
      film.status === 'ok' ? [] : [{ film: film.path, reason: errorOf(film.failure).reason }],
    ),
    bytes: first.length === 0 ? null : await bytesOf(first, scoring, out),
  }
}

/** Bytes of one film, on average. Parquet is not measured: a few rows say nothing of it, and it is smaller than CSV. */
async function bytesOf(
  films: readonly ScoredFilm[],
  { models, wishes }: Pick<ScoreOptions, 'models' | 'wishes'>,
  out: string,
) {
  const columns = columnsOf(layoutOf(planScoring(models, wishes)))
  const format = writerFor(extname(out) === '.parquet' ? '.csv' : out)
  const sizeOf = async (rows: readonly ScoredFilm[]) => {
    let bytes = 0
    for await (const piece of format.write(columns, cells(rows), '{}')) bytes += Buffer.byteLength(piece)
    return bytes
  }
  async function* cells(rows: readonly ScoredFilm[]) {
    for (const film of rows) yield cellsOf(film, columns)
  }
  const output = (await sizeOf(films)) - (await sizeOf([]))
  const journal = films.reduce((sum, film) => sum + Buffer.byteLength(journalLine(film)), 0)
  // Each film has a row of embeddings, whether it failed or not.
  const features = Math.max(...films.map(embeddingBytes))
  return { output: output / films.length, features, journal: journal / films.length }
}

const embeddingBytes = (film: ScoredFilm): number =>
  film.status === 'ok' ? Buffer.byteLength(film.features ?? '', 'base64') : 0

/** The estimate in words, for a terminal. */
export function estimateText(estimate: Estimate, out: string): string {
  const { films, kinds, unopened, sample, seconds, bytes, freeBytes } = estimate
  const free = freeBytes === null ? '' : `; ${sizeText(freeBytes)} are free there`
  const lines: [name: string, text: string][] = [
    [
      'films',
      `${films}: ${Object.entries(kinds)
        .slice(0, 12)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', ')}`,
    ],
    ...(unopened.count === 0
      ? []
      : [
          [
            'folders',
            `${unopened.count} cannot be opened, each a row that fails: ${unopened.first.join(', ')}`,
          ] as [string, string],
        ]),
    ['tried', `${sample.films} films, ${sample.failed.length} of them failed`],
    ...sample.failed.slice(0, TOLD).map(({ film, reason }) => ['', `${film}: ${reason}`] as [string, string]),
    [
      'time',
      seconds === null
        ? 'not known: no film was tried'
        : `about ${timeText(seconds)}, ${sample.filmsPerSecond!.toFixed(1)} films a second`,
    ],
    [
      'disk',
      bytes === null
        ? `not known${free}`
        : `about ${sizeText(bytes.output)} for ${out}${bytes.features === 0 ? '' : `, ${sizeText(bytes.features)} for its embeddings`}, and ${sizeText(bytes.journal)} for its journal until it is done${free}`,
    ],
  ]
  return `${lines.map(([name, text]) => `${name.padEnd(10)}${text}`).join('\n')}\nNothing was written.\n`
}

const timeText = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 90 * 60
      ? `${Math.ceil(seconds / 60)} min`
      : `${(seconds / 3600).toFixed(1)} h`
