/** How long films took, as a table of its own (`--timings`): never in rows, which are the same bytes each time. */
import { refuseFolder, WholeFile } from '../../whole-file.ts'
import type { Cell, Column } from '../data/rows/columns.ts'
import type { FilmResult } from './pipeline.ts'
import { Queue } from './queue.ts'
import { fillRows, writerFor } from './writers.ts'

const COLUMNS: readonly Column[] = [
  { name: 'path', type: 'text' },
  { name: 'decode_ms', type: 'float' },
  { name: 'preprocess_ms', type: 'float' },
  { name: 'infer_ms', type: 'float' },
  { name: 'batch_films', type: 'int' },
]

/** Takes times as they come and writes them, in the format that the extension says. */
export class Timings {
  readonly #file: WholeFile
  readonly #rows = new Queue<readonly Cell[]>()
  #written: Promise<void> | null = null
  #isLost = false

  private constructor(file: WholeFile) {
    this.#file = file
  }

  /** @throws ROE_OPTION for an extension that no format has; ROE_WRITE where no file can be written: before the run, not
   *  behind it */
  static async open(path: string): Promise<Timings> {
    writerFor(path, '--timings')
    await refuseFolder(path)
    return new Timings(await WholeFile.create(path))
  }

  /** A film that failed has no times, and its row is empty but for its path. */
  add(result: FilmResult): void {
    this.#written ??= this.#write()
    if (this.#isLost) return
    const times = 'times' in result ? result.times : undefined
    const { decodeMs, preprocessMs, inferMs, batchFilms } = times ?? {}
    this.#rows.push([result.path, ...[decodeMs, preprocessMs, inferMs].map(rounded), batchFilms ?? null])
  }

  /** The file has its name; without any film the one of an earlier run stays. @throws ROE_WRITE */
  async finish(): Promise<void> {
    this.#rows.close()
    await (this.#written ?? this.#file.abandon())
  }

  #write(): Promise<void> {
    const written = fillRows(this.#file, COLUMNS, this.#rows, '{}')
    // Told by `finish`: a run goes on without its timings, and holds no more of them.
    written.catch(() => {
      this.#isLost = true
    })
    return written
  }
}

/** Lets `use` have a table of timings where one is wanted; what it has is written also when `use` fails.
 *  @throws what `use` throws; else ROE_OPTION, ROE_WRITE */
export async function withTimings<T>(
  path: string | undefined,
  use: (timings?: Timings) => Promise<T>,
): Promise<T> {
  if (path === undefined) return use()
  const timings = await Timings.open(path)
  try {
    const result = await use(timings)
    await timings.finish()
    return result
  } catch (error) {
    await timings.finish().catch(() => {})
    throw error
  }
}

/** To microseconds. */
const rounded = (ms: number | undefined): number | null =>
  ms === undefined ? null : Math.round(ms * 1000) / 1000
