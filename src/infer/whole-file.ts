/** A text file that is written as a stream, beside its name, and renamed when whole: a reader never sees a part.
 *  For results that fit in memory there is src/report/write.ts. */
import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { problemOf, RoentgenError } from '../../errors.ts'

/** Text is written in pieces of this many characters. */
const PIECE = 1 << 16

// A process that is told to go takes its half-written files along.
const unfinished = new Set<string>()
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true })
})

export class WholeFile {
  readonly path: string
  readonly #temporary: string
  #file: FileHandle | null
  #waiting = ''

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.path = path
    this.#temporary = temporary
    this.#file = file
  }

  /** Makes the folder and the temporary file. @throws ROE_WRITE */
  static async create(path: string): Promise<WholeFile> {
    const name = `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`
    const temporary = join(dirname(path), name)
    unfinished.add(temporary)
    try {
      await mkdir(dirname(path), { recursive: true })
      return new WholeFile(path, temporary, await open(temporary, 'wx'))
    } catch (error) {
      unfinished.delete(temporary)
      throw writeError(path, error)
    }
  }

  /** @throws ROE_WRITE; `abandon` is then what is left to do */
  async write(text: string): Promise<void> {
    this.#waiting += text
    if (this.#waiting.length >= PIECE) await this.#flush()
  }

  /** Everything is written: from now on the file has its name. @throws ROE_WRITE */
  async finish(): Promise<void> {
    await this.#flush()
    try {
      // Without it a crash of the machine may leave the new name on an empty file.
      await this.#file?.sync()
      await this.#close()
      await rename(this.#temporary, this.path)
      unfinished.delete(this.#temporary)
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  /** Nothing of it stays. Does nothing to a finished file, and never throws. */
  async abandon(): Promise<void> {
    await this.#close().catch(() => {})
    await rm(this.#temporary, { force: true }).catch(() => {})
    unfinished.delete(this.#temporary)
  }

  async #flush(): Promise<void> {
    assert(this.#file !== null, 'nothing is written to a closed file')
    const text = this.#waiting
    this.#waiting = ''
    try {
      await this.#file.appendFile(text)
    } catch (error) {
      throw writeError(this.path, error)
    }
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }
}

const writeError = (path: string, cause: unknown): RoentgenError =>
  new RoentgenError('ROE_WRITE', { where: path, problem: problemOf(cause) }, { cause })
