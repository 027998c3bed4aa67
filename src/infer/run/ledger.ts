/** The failure ledger `OUT.errors.jsonl`: a line for each film without a result. It is there only when there are
 *  failures; one of an earlier run is taken away. */
import { removeFile, WholeFile } from '../../../whole-file.ts'
import { errorOf } from '../failure.ts'
import type { Unscored } from '../row.ts'
import { ledgerPath } from './files.ts'

export class Ledger {
  readonly path: string
  #file: WholeFile | null = null

  constructor(out: string) {
    this.path = ledgerPath(out)
  }

  /** @param line  of ledgerLine, or of another ledger   @throws ROE_WRITE */
  async add(line: string): Promise<void> {
    this.#file ??= await WholeFile.create(this.path)
    await this.#file.write(line)
  }

  /** @returns the path, or null when there is nothing in it and it does not exist. @throws ROE_WRITE */
  async finish(): Promise<string | null> {
    if (this.#file !== null) {
      await this.#file.finish()
      return this.path
    }
    await removeFile(this.path)
    return null
  }

  async abandon(): Promise<void> {
    await this.#file?.abandon()
  }
}

/** What stands in a ledger of a film, with its line feed. */
export function ledgerLine({ path, failure }: Unscored): string {
  const { code, reason, remedy } = errorOf(failure)
  return `${JSON.stringify({ path, stage: failure.stage, code, reason, remedy })}\n`
}
