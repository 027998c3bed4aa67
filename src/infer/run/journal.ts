/** The journal of a run, `OUT.journal`: a line of JSON for each film that is done, in their order, appended. All formats
 *  are rendered from it when the run is done, so a run that is killed loses at most a line that is half written. */
import { strict as assert } from 'node:assert'
import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { makeFolder } from '../../../whole-file.ts'
import { shortest } from '../../data/rows/shortest.ts'
import type { ScoredFilm } from '../row.ts'

/** How long what is written may wait for the disk: a machine that loses its power loses no more. */
const SYNC_EVERY_MS = 5000

const LINE_FEED = 0x0a

export class Journal {
  readonly path: string
  /** Films in it. */
  films: number
  readonly #file: FileHandle
  #synced = Date.now()

  private constructor(path: string, file: FileHandle, films: number) {
    this.path = path
    this.films = films
    this.#file = file
  }

  /** Begins one, in the place of any other. @throws ROE_WRITE */
  static async create(path: string): Promise<Journal> {
    try {
      await makeFolder(dirname(path))
      await rm(path, { force: true })
      return new Journal(path, await open(path, 'wx'), 0)
    } catch (error) {
      throw writeError(path, error)
    }
  }

  /** Goes on with one: what stands behind its last whole line is cut off. @throws ROE_WRITE */
  static async reopen(path: string): Promise<Journal> {
    let [films, end] = [0, 0]
    for await (const line of linesOf(path)) {
      if (filmIn(line.text, films) === null) break
      films += 1
      end = line.end
    }
    try {
      const file = await open(path, 'r+')
      await file.truncate(end)
      await file.close()
      return new Journal(path, await open(path, 'a'), films)
    } catch (error) {
      throw writeError(path, error)
    }
  }

  /** Appends films in their order; when it is done, a kill no longer loses them. @throws ROE_WRITE */
  async add(films: readonly ScoredFilm[]): Promise<void> {
    for (const [i, { index }] of films.entries())
      assert(index === this.films + i, `film ${index} is written where ${this.films + i} is due`)
    try {
      await this.#file.appendFile(films.map(journalLine).join(''))
      this.films += films.length
      if (Date.now() - this.#synced < SYNC_EVERY_MS) return
      await this.#file.datasync()
      this.#synced = Date.now()
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** The films of a journal, in their order, up to the first line that is not whole. */
export async function* readJournal(path: string): AsyncGenerator<ScoredFilm> {
  let films = 0
  for await (const { text } of linesOf(path)) {
    const film = filmIn(text, films)
    if (film === null) return
    films += 1
    yield film
  }
}

/** What is written for a film. */
export const journalLine = (film: ScoredFilm): string => `${JSON.stringify(film, written)}\n`

/** Lines that end in a line feed. `end` is the byte behind it. */
async function* linesOf(path: string): AsyncGenerator<{ text: string; end: number }> {
  // A run without any film (a shard of a short list) has none.
  if (!existsSync(path)) return
  let [rest, end] = [Buffer.alloc(0), 0]
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, piece])
    let begin = 0
    for (let feed = rest.indexOf(LINE_FEED); feed >= 0; feed = rest.indexOf(LINE_FEED, begin)) {
      const text = rest.toString('utf8', begin, feed)
      end += feed + 1 - begin
      begin = feed + 1
      yield { text, end }
    }
    rest = rest.subarray(begin)
  }
}

/** @returns null unless the line is the whole film of this index */
function filmIn(text: string, index: number): ScoredFilm | null {
  try {
    const film = JSON.parse(text, read) as ScoredFilm
    return film.index === index ? film : null
  } catch {
    return null
  }
}

/** JSON has no float32 and no infinity. */
const written = (_: string, value: unknown): unknown =>
  value instanceof Float32Array
    ? { float32: Array.from(value, (one) => (Number.isFinite(one) ? shortest(one) : String(one))) }
    : value

const read = (_: string, value: { float32?: unknown[] } | null): unknown =>
  Array.isArray(value?.float32) ? Float32Array.from(value.float32, Number) : value

const writeError = (path: string, cause: unknown): RoentgenError =>
  new RoentgenError('ROE_WRITE', { where: path, problem: problemOf(cause) }, { cause })
