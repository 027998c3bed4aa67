/** One run into one output: begun, gone on with after a kill, or found finished. What is done is in the journal; the
 *  output and its ledger appear when all is done, or not at all. */
import { rm, stat } from 'node:fs/promises'
import { RoentgenError } from '../../../errors.ts'
import { refuseFolder } from '../../../whole-file.ts'
import type { ScoredFilm } from '../row.ts'
import { headerPath, journalPath } from './files.ts'
import {
  differences,
  type RunHeader,
  readHeader,
  type ScoreSummary,
  withoutEchoes,
  writeHeader,
} from './header.ts'
import { Journal, readJournal } from './journal.ts'

/** What becomes of an unfinished run that is found there; without a word nothing: it may have taken a night. */
export type Found = 'refuse' | 'resume' | 'restart'

/** Films that are gathered before they are written. */
const GATHERED = 16

export class Run {
  readonly header: RunHeader
  readonly #out: string
  readonly #journal: Journal
  #waiting: ScoredFilm[] = []

  private constructor(out: string, header: RunHeader, journal: Journal) {
    this.#out = out
    this.header = header
    this.#journal = journal
  }

  /** Films that are done: the first that is missing has this index. */
  get done(): number {
    return this.#journal.films + this.#waiting.length
  }

  /** Begins a run, or goes on with the one that is there.
   *  @returns what became of its films, when the same run is finished already and was to be resumed
   *  @throws ROE_RUN_UNFINISHED; ROE_RESUME when what the rows depend on has changed; ROE_WRITE */
  static async open(out: string, header: RunHeader, found: Found): Promise<Run | ScoreSummary> {
    await refuseFolder(out)
    const path = journalPath(out)
    const rows = await rowsIn(path)
    if (rows !== null && rows > 0 && found !== 'restart') {
      if (found === 'refuse') throw new RoentgenError('ROE_RUN_UNFINISHED', { where: out, rows })
      return new Run(out, await unchanged(out, header), await Journal.reopen(path))
    }
    const finished = rows === null && found === 'resume' ? await finishedAt(out) : null
    if (finished !== null) {
      await unchanged(out, header)
      return finished.summary
    }
    return new Run(out, header, await Journal.create(path))
  }

  /** Adds the next film. @throws ROE_WRITE */
  async add(film: ScoredFilm): Promise<void> {
    this.#waiting.push(film)
    if (this.#waiting.length >= GATHERED) await this.#flush()
  }

  /** Everything that was added is on the disk, or an error is thrown; a run without any film leaves nothing behind. */
  async close(): Promise<void> {
    try {
      await this.#flush()
    } finally {
      await this.#journal.close()
      if (this.done === 0) await rm(this.#journal.path, { force: true })
    }
  }

  async #flush(): Promise<void> {
    const films = this.#waiting.splice(0)
    if (films.length === 0) return
    // Not before: a run that never had a film must not name itself beside the output of an earlier one.
    if (this.#journal.films === 0) await writeHeader(this.#out, this.header)
    await this.#journal.add(films)
  }
}

/** The header of the run that `--resume` would go on with, or find finished.
 *  @returns null where there is none: a header alone is what is left of a run whose output was taken away */
export async function runAt(out: string): Promise<RunHeader | null> {
  const rows = await rowsIn(journalPath(out))
  if (rows === null) return finishedAt(out)
  return rows > 0 ? readHeader(out) : null
}

async function finishedAt(out: string): Promise<(RunHeader & { summary: ScoreSummary }) | null> {
  const header = (await isThere(out)) ? await readHeader(out) : null
  return header?.summary === undefined ? null : { ...header, summary: header.summary }
}

/** The header of the run that is there. @throws ROE_RESUME unless rows of `header` may stand beside its own */
async function unchanged(out: string, header: RunHeader): Promise<RunHeader> {
  const before = await readHeader(out)
  // As it would be read back.
  const now: RunHeader = JSON.parse(JSON.stringify(header))
  const changes =
    before === null
      ? [`its header ${headerPath(out)} cannot be read`]
      : withoutEchoes([
          // A folder may have been moved: each film is compared with what it was.
          ...differences({ ...before.inputs, root: null }, { ...now.inputs, root: null }, 'inputs'),
          ...differences(before.layout, now.layout, 'columns'),
          ...differences(before.results, now.results),
        ])
  if (before !== null && changes.length === 0) return before
  throw new RoentgenError('ROE_RESUME', { where: out, changes })
}

/** @returns how many films a journal holds; null when there is none */
async function rowsIn(path: string): Promise<number | null> {
  if (!(await isThere(path))) return null
  let rows = 0
  for await (const _ of readJournal(path)) rows += 1
  return rows
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
