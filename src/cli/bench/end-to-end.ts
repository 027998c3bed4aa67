/** From file to row, as a worker of `roentgen score` does it, and what each part of that costs alone: decoding,
 *  preprocessing, inference, writing. Films are taken in turn, again and again. */
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sample } from '../../../bench/results.ts'
import { WholeFile } from '../../../whole-file.ts'
import type { Cell } from '../../data/rows/columns.ts'
import { decodeBytes, lookAtFilm, readFilmBytes } from '../../image/decode.ts'
import type { Film } from '../../image/film.ts'
import { giveBack } from '../../image/lent.ts'
import { preprocess, takesLuma } from '../../image/preprocess.ts'
import { limiter } from '../../infer/ahead.ts'
import { errorOf } from '../../infer/failure.ts'
import { columnsOf } from '../../infer/layout.ts'
import { cutJobs, type FilmResult, runJobs } from '../../infer/pipeline.ts'
import { Queue } from '../../infer/queue.ts'
import { cellsOf, type ScoredFilm, scoreOf } from '../../infer/row.ts'
import { Journal } from '../../infer/run/journal.ts'
import { layoutOf, type Scoring } from '../../infer/scoring.ts'
import type { Session } from '../../infer/session.ts'
import { DECODERS } from '../../infer/shapes.ts'
import { fillRows } from '../../infer/writers.ts'
import type { VisitRequest } from './visit.ts'

export interface EndToEnd {
  /** The next batch: its films decoded ahead, run, and their rows written. @throws what reading a film throws */
  query: () => Promise<void>
  /** Each part alone, over a few batches. */
  parts: () => Promise<NonNullable<Sample['parts']>>
  close: () => Promise<void>
}

/** Batches that each part is measured on, behind one that does not count. */
const BATCHES = 3

/** Threads of ONNX Runtime look for work a little longer than there is some. */
const CALM_MS = 50

type Wish = Pick<VisitRequest, 'model' | 'scoring' | 'batch' | 'films'>

/** @param folder  for what is written; whoever made it takes it away */
export async function openEndToEnd(session: Session, wish: Wish, folder: string): Promise<EndToEnd> {
  const { model, scoring, batch, films } = wish
  const writer = await Writer.open(scoring, folder)
  const jobs = cutJobs(inTurn(films), batch)
  const results = runJobs(jobs, [{ session, preprocessing: model.preprocessing }])
  let last: FilmResult[] = []
  return {
    query: async () => {
      const next = await results.next()
      assert(next.done !== true, 'films are taken again and again')
      last = next.value
      await writer.write(last)
    },
    parts: () => partsAlone(session, wish, () => writer.writeAgain(last)),
    close: () => writer.close(),
  }
}

function* inTurn(films: readonly string[]): Generator<string> {
  for (;;) yield* films
}

/** What a run writes of its films: a line of the journal and a row of the table. */
class Writer {
  readonly #scoring: Scoring
  readonly #journal: Journal
  readonly #rows = new Queue<readonly Cell[]>()
  readonly #table: Promise<void>

  private constructor(scoring: Scoring, journal: Journal, file: WholeFile) {
    this.#scoring = scoring
    this.#journal = journal
    this.#table = fillRows(file, columnsOf(layoutOf(scoring)), this.#rows, '{}')
  }

  static async open(scoring: Scoring, folder: string): Promise<Writer> {
    const journal = await Journal.create(join(folder, 'scores.csv.journal'))
    return new Writer(scoring, journal, await WholeFile.create(join(folder, 'scores.csv')))
  }

  async write(results: readonly FilmResult[]): Promise<void> {
    const films = results.map((result) => scoreOf(result, this.#scoring))
    const failed = films.find((film) => film.status === 'failed')
    if (failed !== undefined) throw errorOf(failed.failure)
    await this.#add(films)
  }

  /** The same films as the ones that come next. */
  writeAgain(results: readonly FilmResult[]): Promise<void> {
    return this.write(results.map((result, i) => ({ ...result, index: this.#journal.films + i })))
  }

  async #add(films: readonly ScoredFilm[]): Promise<void> {
    await this.#journal.add(films)
    const columns = columnsOf(layoutOf(this.#scoring))
    for (const film of films) this.#rows.push(cellsOf(film, columns))
  }

  async close(): Promise<void> {
    this.#rows.close()
    await this.#table
    await this.#journal.close()
  }
}

/** CPU-milliseconds a film of each part, with nothing else under way. */
async function partsAlone(session: Session, wish: Wish, write: () => Promise<void>) {
  const { batch, films, model } = wish
  const of = (at: number) => films[at % films.length]!
  const pixels = new Uint8Array(batch * session.filmBytes)
  const total = { decodeMs: 0, preprocessMs: 0, inferMs: 0, writeMs: 0 }
  for (let round = 0; round <= BATCHES; round++) {
    const paths = Array.from({ length: batch }, (_, i) => of(round * batch + i))
    const decoded = await cpuOf(() => decodeAll(paths, model))
    const ready = await cpuOf(async () => preprocessAll(decoded.value, model, session, pixels))
    const written = await cpuOf(write)
    const run = await cpuOf(() => session.run(pixels, batch))
    if (round === 0) continue
    total.decodeMs += decoded.cpuMs
    total.preprocessMs += ready.cpuMs
    total.inferMs += run.cpuMs
    total.writeMs += written.cpuMs
  }
  const aFilm = (ms: number) => ms / (BATCHES * batch)
  const { decodeMs, preprocessMs, inferMs, writeMs } = total
  return {
    decodeMs: aFilm(decodeMs),
    preprocessMs: aFilm(preprocessMs),
    inferMs: aFilm(inferMs),
    writeMs: aFilm(writeMs),
  }
}

async function cpuOf<T>(task: () => Promise<T>): Promise<{ value: T; cpuMs: number }> {
  await sleep(CALM_MS)
  const before = process.cpuUsage()
  const value = await task()
  const { user, system } = process.cpuUsage(before)
  return { value, cpuMs: (user + system) / 1000 }
}

/** As the pipeline does it. */
function decodeAll(paths: readonly string[], { preprocessing }: Wish['model']): Promise<Film[]> {
  const limited = limiter(DECODERS)
  const tinted = takesLuma(preprocessing) ? 'luma' : 'colours'
  return Promise.all(
    paths.map((path) =>
      limited(async () => {
        const bytes = await readFilmBytes(path, await lookAtFilm(path))
        const film = await decodeBytes(bytes, path, { tinted })
        giveBack(bytes)
        return film
      }),
    ),
  )
}

function preprocessAll(
  films: readonly Film[],
  { preprocessing }: Wish['model'],
  { filmBytes }: Session,
  pixels: Uint8Array,
): void {
  for (const [i, film] of films.entries()) {
    pixels.set(preprocess(film, preprocessing).pixels, i * filmBytes)
    giveBack(film.pixels)
  }
}
