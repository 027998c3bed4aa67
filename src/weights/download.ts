/** Brings a file over HTTP, going on where an earlier try ended: what came lies in `PATH.part`, and is of the same file as
 *  long as the server says so (`If-Range`). */
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { problemOf } from '../../errors.ts'
import { makeFolder } from '../../whole-file.ts'

export interface DownloadOptions {
  /** Told how many bytes are here, of how many; null where the server does not say. */
  onBytes?: (done: number, of: number | null) => void
  /** A connection that gives nothing for so long is given up. */
  stallMs?: number
  /** Before another try; doubled each time. */
  pauseMs?: number
}

/** Why a file did not come, in words. */
export class DownloadProblem extends Error {
  /** Whether another try may help. */
  readonly isPassing: boolean
  constructor(message: string, isPassing: boolean, cause?: unknown) {
    super(message, { cause })
    this.isPassing = isPassing
  }
}

const TRIES = 4

/** @returns the path of what came, and whether part of it was there before
 *  @throws DownloadProblem; what came is kept for the next time. What the file system says. */
export async function download(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<{ part: string; isResumed: boolean }> {
  const part = `${path}.part`
  await makeFolder(dirname(path))
  let isResumed = false
  for (let tries = 1; ; tries++) {
    try {
      isResumed = (await attempt(url, part, options)) || isResumed
      return { part, isResumed }
    } catch (error) {
      if (!(error instanceof DownloadProblem) || !error.isPassing || tries === TRIES) throw error
      await sleep((options.pauseMs ?? 1000) * 2 ** (tries - 1))
    }
  }
}

/** Throws away what came. */
export async function dropPart(part: string): Promise<void> {
  await rm(part, { force: true })
  await rm(factsPath(part), { force: true })
}

/** @returns whether it went on with what was there */
async function attempt(url: string, part: string, options: DownloadOptions): Promise<boolean> {
  const { onBytes = () => {}, stallMs = 60_000 } = options
  const there = await begunOf(url, part)
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(), stallMs)
  try {
    const response = await request(url, part, there, stalled.signal)
    const isRest = response.status === 206
    let done = isRest ? there!.bytes : 0
    const of = totalOf(response, done)
    if (!isRest) await writeFile(factsPath(part), JSON.stringify({ url, mark: markOf(response) }))
    const file = await open(part, isRest ? 'a' : 'w')
    try {
      onBytes(done, of)
      for await (const piece of piecesOf(response)) {
        timer.refresh()
        await writeAll(file, piece)
        done += piece.length
        onBytes(done, of)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    if (of !== null && done !== of) throw new DownloadProblem(`it ended after ${done} of ${of} bytes`, true)
    return isRest
  } catch (error) {
    if (stalled.signal.aborted)
      throw new DownloadProblem(`nothing came for ${Math.ceil(stallMs / 1000)} s`, true, error)
    throw error
  } finally {
    clearTimeout(timer)
  }
}

interface Begun {
  bytes: number
  /** What the server calls this very content. */
  mark: string
}

const factsPath = (part: string): string => `${part}.json`

/** What an earlier try left of this address. */
async function begunOf(url: string, part: string): Promise<Begun | null> {
  const bytes = await stat(part).then(
    ({ size }) => size,
    () => 0,
  )
  const facts: unknown = await readFile(factsPath(part), 'utf8')
    .then(JSON.parse)
    .catch(() => null)
  if (bytes === 0 || typeof facts !== 'object' || facts === null) return null
  const { url: from, mark } = facts as { url?: unknown; mark?: unknown }
  return from === url && typeof mark === 'string' ? { bytes, mark } : null
}

async function request(
  url: string,
  part: string,
  there: Begun | null,
  signal: AbortSignal,
): Promise<Response> {
  const range = there === null ? {} : { range: `bytes=${there.bytes}-`, 'if-range': there.mark }
  // Compressed, its length would not be the file's.
  const headers = { 'accept-encoding': 'identity', ...range }
  const response = await fetch(url, { headers, signal }).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new DownloadProblem(
      `the server cannot be reached (${problemOf(cause) || 'no connection'})`,
      true,
      error,
    )
  })
  const { status, statusText } = response
  const isWhole = status === 200
  const isRest = status === 206 && there !== null
  if (isWhole || (isRest && response.headers.get('content-range')?.startsWith(`bytes ${there.bytes}-`)))
    return response
  await response.body?.cancel()
  const problem = `the server answers ${`${status} ${statusText}`.trim()}`
  // What is here is no beginning of what is there: the next try is for the whole.
  const isUnfit = status === 416 || status === 206
  if (isUnfit) await dropPart(part)
  throw new DownloadProblem(problem, isUnfit || status === 429 || status >= 500)
}

/** A weak mark does not speak of bytes. */
function markOf({ headers }: Response): string | null {
  const etag = headers.get('etag')
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified')
}

function totalOf({ headers }: Response, done: number): number | null {
  const length = headers.get('content-length')
  return length === null ? null : done + Number(length)
}

async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return
  try {
    for await (const piece of body) yield piece as Uint8Array
  } catch (error) {
    throw new DownloadProblem(`the connection broke (${problemOf(error)})`, true, error)
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  let at = 0
  while (at < piece.length) at += (await file.write(piece, at)).bytesWritten
}
