/** An older table whose rows are taken over (`--update`). It is held in memory: some hundred bytes a film. */
import { stat } from 'node:fs/promises'
import { RoentgenError } from '../../../errors.ts'
import type { Cell } from '../../data/rows/columns.ts'
import { fileOf } from '../../image/raw-path.ts'
import { columnsOf, type ScoreColumn } from '../layout.ts'
import { cellOf, differencesOf, openPart, type RunPart } from '../merge/parts.ts'
import type { NamedFilm } from '../named.ts'
import { demandApart, namedRun } from '../run/apart.ts'
import type { RunHeader } from '../run/header.ts'
import { filmOfRow, type OldFilm } from './film-of-row.ts'

/** What became of the films, of those that have been asked for. */
export interface UpdateCounts {
  /** Their rows were taken over. */
  taken: number
  /** In the old table, and scored again: their files changed since that run began, or they failed in it. */
  again: number
  added: number
  /** In the old table, and no longer among the films; null where not all have been asked for, since a run went on. */
  gone: number | null
}

export class OldTable {
  readonly #counts = { taken: 0, again: 0, added: 0 }
  /** Names that were asked for and found: a list may name a film twice. */
  readonly #found = new Set<string>()
  readonly #rows: ReadonlyMap<string, readonly Cell[]>
  readonly #columns: readonly ScoreColumn[]
  readonly #header: RunHeader
  readonly #begunMs: number

  private constructor(header: RunHeader, rows: ReadonlyMap<string, readonly Cell[]>) {
    this.#header = header
    this.#rows = rows
    this.#columns = columnsOf(header.layout)
    this.#begunMs = Date.parse(String(header.machine.begun))
  }

  /** @param wanted  header of the run that is to take rows over
   *  @param out  where that run writes
   *  @throws ROE_MERGE where the table is not whole, or its rows may not stand beside those of this run; ROE_OPTION where
   *  it would be written over, or films are named by their index */
  static async open(table: string, wanted: RunHeader, out: string): Promise<OldTable> {
    await demandApart(namedRun('-o', out), namedRun('--update', table))
    if (wanted.inputs.pathAs === 'index') {
      const expected = 'names that stay with their films'
      throw new RoentgenError('ROE_OPTION', { where: '--update', expected, received: '--path-as index' })
    }
    const part = await openPart(table)
    const found = differencesOf(part.header, wanted)
    if (found.length > 0) {
      const problem = `its rows cannot be taken over: ${found.slice(0, 3).join('; ')}`
      throw new RoentgenError('ROE_MERGE', { where: table, problem })
    }
    const { root } = part.header.inputs
    if (root === null || root !== wanted.inputs.root) {
      const problem =
        'its films are named from another folder, or several, so that an equal name may be another film'
      throw new RoentgenError('ROE_MERGE', { where: table, problem })
    }
    return new OldTable(part.header, await rowsOf(part))
  }

  /** @param isAll  whether all films have been asked for */
  counted(isAll: boolean): UpdateCounts {
    return { ...this.#counts, gone: isAll ? this.#rows.size - this.#found.size : null }
  }

  /** @returns null for a film that is to be scored */
  async take({ path, name }: NamedFilm): Promise<OldFilm | null> {
    const cells = this.#rows.get(name)
    if (cells === undefined) {
      this.#counts.added += 1
      return null
    }
    this.#found.add(name)
    const film = await this.#unchanged(path, cells)
    this.#counts[film === null ? 'again' : 'taken'] += 1
    return film
  }

  async #unchanged(path: string, cells: readonly Cell[]): Promise<OldFilm | null> {
    const found = await stat(fileOf(path)).catch(() => null)
    // Also the time of the inode: a copy that keeps its times replaces a film without a newer mtime.
    if (found === null || !(Math.max(found.mtimeMs, found.ctimeMs) < this.#begunMs)) return null
    const file = { sizeBytes: found.size, mtimeMs: found.mtimeMs }
    return filmOfRow(cells, this.#columns, this.#header.layout, file)
  }
}

async function rowsOf({ rows }: RunPart): Promise<ReadonlyMap<string, readonly Cell[]>> {
  const [held, path] = [new Map<string, readonly Cell[]>(), cellOf(rows, 'path')]
  for await (const { cells } of rows.rows) held.set(String(path(cells)), cells)
  return held
}
