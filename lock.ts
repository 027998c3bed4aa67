/** One process at a time writes an output, or installs a part: a lock beside it says which one does. Where that was killed,
 *  or has not touched its lock for a minute on another machine, the next one takes it over. A leaf. */
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { z } from 'zod'
import { problemOf, RoentgenError } from './errors.ts'
import { makeFolder } from './whole-file.ts'

const TOUCHED_EVERY_MS = 10_000
/** A lock of another machine that was not touched for so long is nobody's: six times is no accident. */
const FORGOTTEN_MS = 60_000

const HOLDER = z.object({ host: z.string(), pid: z.number(), begun: z.string().nullable() })
type Holder = z.infer<typeof HOLDER>

const held = new Set<string>()
process.on('exit', () => {
  for (const path of held) rmSync(path, { force: true })
})

/** Runs `use` while no other process holds the lock.
 *  @param path  of the lock   @param out  what it guards, for errors
 *  @throws ROE_RUN_BUSY; ROE_WRITE; what `use` throws */
export async function withLock<T>(path: string, out: string, use: () => Promise<T>): Promise<T> {
  await take(path, out)
  held.add(path)
  const now = () => new Date()
  const timer = setInterval(() => utimes(path, now(), now()).catch(() => {}), TOUCHED_EVERY_MS).unref()
  try {
    return await use()
  } finally {
    clearInterval(timer)
    held.delete(path)
    await rm(path, { force: true })
  }
}

async function take(path: string, out: string): Promise<void> {
  const me: Holder = { host: hostname(), pid: process.pid, begun: beginningOf(process.pid) }
  try {
    await makeFolder(dirname(path))
    if (await create(path, me)) return
    const found = await wordsOf(path)
    const holder = await holderOf(path)
    if (holder !== null) {
      const { pid, host } = holder
      throw new RoentgenError('ROE_RUN_BUSY', { where: out, pid, host })
    }
    if ((await takeAway(path, found)) && (await create(path, me))) return
  } catch (error) {
    if (error instanceof RoentgenError) throw error
    throw new RoentgenError('ROE_WRITE', { where: out, problem: problemOf(error) }, { cause: error })
  }
  // Another one was faster to take it over.
  throw new RoentgenError('ROE_RUN_BUSY', { where: out, pid: 0, host: 'another' })
}

/** Of several processes that find a forgotten lock, one moves it; the others may meet the new one, and put it back.
 *  @param words  of the lock that was judged   @returns whether that is gone */
async function takeAway(path: string, words: string | null): Promise<boolean> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (isGone(error)) return true
    throw error
  }
  const isJudged = (await wordsOf(aside)) === words
  if (!isJudged) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
  return isJudged
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

const wordsOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null)

/** @returns false where there is one */
async function create(path: string, me: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(JSON.stringify(me)).finally(() => file.close())
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** @returns null when nobody holds it any more */
async function holderOf(path: string): Promise<Holder | null> {
  const touched = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  const isFresh = Date.now() - touched < FORGOTTEN_MS
  const holder = HOLDER.safeParse(await readJson(path)).data
  // It is there before its words are.
  if (holder === undefined) return isFresh ? { host: 'another', pid: 0, begun: null } : null
  if (holder.host !== hostname()) return isFresh ? holder : null
  return isAlive(holder) ? holder : null
}

const readJson = (path: string): Promise<unknown> =>
  readFile(path, 'utf8')
    .then(JSON.parse)
    .catch(() => null)

function isAlive({ pid, begun }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // A process of somebody else is alive, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return begun === null || begun === beginningOf(pid)
}

/** When a process began, in ticks since the machine did: numbers of processes are given again. Linux; else null. */
function beginningOf(pid: number): string | null {
  try {
    const words = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return words.slice(words.lastIndexOf(')')).split(' ')[20] ?? null
  } catch {
    return null
  }
}
