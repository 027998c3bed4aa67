/** What is written into a part's folder when it was shown to work, and read again by whoever looks for it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** Name of the file; a folder without it is no part of ours. */
export const MARK = 'part.json'

const MARKED = z.object({
  /** Of what the loader finds in the folder. */
  format: z.literal(1),
  part: z.string(),
  version: z.string(),
  variant: z.enum(['cpu', 'gpu']),
  platform: z.string(),
  /** What it said of itself. */
  proof: z.string(),
})
export type Marked = z.infer<typeof MARKED>

/** @returns null where the folder holds no part of this machine */
export async function readMark(folder: string): Promise<Marked | null> {
  const text = await readFile(join(folder, MARK), 'utf8').catch(() => '{}')
  const { data } = MARKED.safeParse(parsed(text))
  return data?.platform === PLATFORM ? data : null
}

/** This machine, as the table says it: a home may be shared with others. */
export const PLATFORM = `${process.platform}-${process.arch}`

export const markText = (mark: Omit<Marked, 'format' | 'platform'>): string =>
  `${JSON.stringify({ format: 1, platform: PLATFORM, ...mark }, null, 2)}\n`

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
