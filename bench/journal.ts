/** The journal of a suite: a line an entry, appended as it comes, so that a suite that was killed goes on behind the last
 *  whole one. Text only; who keeps the file, and for which settings, is for the caller to say. */
import { z } from 'zod'
import { FAILURE, type Failure, SAMPLE, type Sample } from './results.ts'

/** What came of one visit. */
export type Entry = Sample | Failure

const ENTRY = z.union([SAMPLE, FAILURE])

export const isFailure = (entry: Entry): entry is Failure => 'problem' in entry

/** An entry as the text to append. It begins with its line feed: behind the half line of a killed run it still stands on
 *  a line of its own. */
export const journalLine = (entry: Entry): string => `\n${JSON.stringify(entry)}`

/** Entries of a journal, in order. Half lines, which no JSON can be, are left out.
 *  @throws ZodError when a whole line is no entry: the file is something else */
export function readJournal(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const value = parsed(line)
    return value === undefined ? [] : [ENTRY.parse(value)]
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
