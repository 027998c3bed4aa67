/** The folder of a suite: what it is a suite of (`suite.json`), and a line for each visit that is made
 *  (`samples.jsonl`). The same command goes on behind the last whole line; another one is refused. */
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Entry, journalLine, readJournal } from '../../../bench/journal.ts'
import { CASE, MODEL, type Model, RESULTS } from '../../../bench/results.ts'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { writeWhole } from '../../../whole-file.ts'

/** What samples depend on; where any of it differs they are not of one suite. */
const SETTINGS = z.strictObject({
  rules: RESULTS.shape.rules,
  seed: z.int(),
  cases: z.array(CASE),
  /** Backbone → pixels a side, and its weights. */
  networks: z.record(z.string(), z.string()),
  /** Model and precision → SHA-256. */
  digests: z.record(z.string(), z.string()),
  /** What is run from file to row, as SHA-256 of the paths; what the accuracy is of. */
  films: z.string(),
  data: z.string(),
  positive: z.string(),
  machine: RESULTS.shape.machine,
  versions: RESULTS.shape.versions,
})

export type Settings = z.infer<typeof SETTINGS>

export const SUITE_FILE = 'suite.json'

const SUITE = z.strictObject({ began: z.string(), settings: SETTINGS, models: z.array(MODEL) })

type Suite = z.infer<typeof SUITE>

export interface SuiteFolder {
  /** ISO 8601. */
  began: string
  models: readonly Model[]
  /** Visits of an earlier part of the suite. */
  before: readonly Entry[]
  add: (entry: Entry) => Promise<void>
  close: () => Promise<void>
}

/** Before networks are made, which would take the place of those of another suite.
 *  @param written  names of files that a suite leaves
 *  @throws ROE_OPTION where the folder holds a suite of other settings, or such files of no suite */
export async function refuseOther(
  folder: string,
  settings: Omit<Settings, 'digests'>,
  written: readonly string[],
): Promise<void> {
  const text = await readFile(join(folder, SUITE_FILE), 'utf8').catch(() => null)
  if (text !== null) suiteIn(text, settings, folder)
  const names = text === null ? await readdir(folder).catch(() => []) : []
  const found = names.find((name) => written.includes(name))
  if (found !== undefined) throw refuse(folder, `a ${found} of something else`)
}

/** Begins a suite in a folder, or goes on with the one that is there.
 *  @param rows  what is said of the models, asked for once: it may take a while
 *  @throws ROE_OPTION where that has other settings; ROE_WRITE; what `rows` throws */
export async function openSuite(
  folder: string,
  settings: Settings,
  rows: () => Promise<Model[]>,
): Promise<SuiteFolder> {
  const [suite, journal] = [join(folder, SUITE_FILE), join(folder, 'samples.jsonl')]
  const text = await readFile(suite, 'utf8').catch(() => null)
  const found = text === null ? null : suiteIn(text, settings, folder)
  const { began, models } = found ?? (await begin(suite, settings, await rows()))
  const before = found === null ? [] : entriesIn(await readFile(journal, 'utf8').catch(() => ''), folder)
  const file = await attempt(journal, () => open(journal, found === null ? 'w' : 'a'))
  return {
    ...{ began, models, before },
    add: (entry) => attempt(journal, () => append(file, entry)),
    close: () => file.close(),
  }
}

async function append(file: FileHandle, entry: Entry): Promise<void> {
  await file.appendFile(journalLine(entry))
  await file.datasync()
}

async function begin(path: string, settings: Settings, models: Model[]): Promise<Suite> {
  const suite = { began: new Date().toISOString(), settings, models }
  await writeWhole(path, `${JSON.stringify(suite, null, 2)}\n`)
  return suite
}

/** @param settings  all, or those that are known yet */
function suiteIn(text: string, settings: Partial<Settings>, folder: string): Suite {
  const { success, data } = SUITE.safeParse(jsonOf(text))
  if (!success) throw refuse(folder, 'something else')
  // As they would be read back.
  const now = SETTINGS.partial().parse(JSON.parse(JSON.stringify(settings)))
  const changed = (Object.keys(now) as (keyof Settings)[]).filter(
    (key) => JSON.stringify(data.settings[key]) !== JSON.stringify(now[key]),
  )
  if (changed.length > 0) throw refuse(folder, `a suite of other ${changed.join(', ')}`)
  return data
}

function entriesIn(text: string, folder: string): Entry[] {
  try {
    return readJournal(text)
  } catch {
    throw refuse(folder, 'a journal of something else')
  }
}

const refuse = (folder: string, received: string): RoentgenError =>
  new RoentgenError('ROE_OPTION', {
    where: '-o',
    expected: 'a folder of its own, or of the same suite to go on with it',
    received: `${folder}, which holds ${received}`,
  })

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function attempt<T>(where: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw new RoentgenError('ROE_WRITE', { where, problem: problemOf(error) }, { cause: error })
  }
}
