/** Brings published weights into their folder: whole and checked, or not at all. */
import { rename } from 'node:fs/promises'
import { readWeights } from '../../converters/index.ts'
import { hasCode, problemOf, RoentgenError } from '../../errors.ts'
import { withLock } from '../../lock.ts'
import { type DownloadOptions, DownloadProblem, download, dropPart } from './download.ts'
import { addressOf, damageOf, isHere, placeOf, weightsFolder } from './places.ts'
import { fileName, type PublishedFile } from './weights-table.ts'

export interface Fetched {
  path: string
  /** Whether it was there, whole. */
  wasThere: boolean
}

/** @throws ROE_WEIGHTS_FETCH with what to put where instead; ROE_RUN_BUSY, ROE_WRITE. A file that was there and is whole
 *  stays; of a download that broke off what came is kept, and the next one goes on with it */
export async function fetchWeights(file: PublishedFile, options: DownloadOptions = {}): Promise<Fetched> {
  const path = placeOf(file)
  // The folder of a site may be for reading only.
  if ((await isHere(file)) && (await faultOf(path, file)) === undefined) return { path, wasThere: true }
  await withLock(`${path}.lock`, path, () => bring(file, path, options))
  return { path, wasThere: false }
}

async function bring(file: PublishedFile, path: string, options: DownloadOptions): Promise<void> {
  const url = addressOf(file)
  try {
    for (;;) {
      const { part, isResumed } = await download(url, path, options)
      const fault = await faultOf(part, file)
      if (fault === undefined) {
        await rename(part, path)
        return await dropPart(part)
      }
      await dropPart(part)
      // What was there before may have been damaged: once more from the beginning.
      if (!isResumed) throw new DownloadProblem(`what came is not what is published: ${fault}`, false)
    }
  } catch (error) {
    throw error instanceof DownloadProblem ? refusal(file, url, error) : writeError(path, error)
  }
}

/** By its checksum, or, where none is published, by reading all of it. */
async function faultOf(path: string, file: PublishedFile): Promise<string | undefined> {
  if (file.md5 !== null) return await damageOf(path, file)
  try {
    await readWeights(path)
    return undefined
  } catch (error) {
    if (hasCode(error, 'ROE_WEIGHTS_FORMAT')) return error.data.problem
    throw error
  }
}

const refusal = (file: PublishedFile, where: string, { message, cause }: DownloadProblem): RoentgenError =>
  new RoentgenError(
    'ROE_WEIGHTS_FETCH',
    {
      where,
      problem: message,
      advice: `run it again to go on, or put ${fileName(file)} from ${file.url} into ${weightsFolder()} yourself, or set ROENTGEN_WEIGHTS to a folder or a mirror that has it`,
    },
    { cause },
  )

const writeError = (where: string, error: unknown): unknown =>
  error instanceof Error && 'code' in error && !(error instanceof RoentgenError)
    ? new RoentgenError('ROE_WRITE', { where, problem: problemOf(error) }, { cause: error })
    : error
