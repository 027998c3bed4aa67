/** The journal of a run: its settings, then a line for each visit as it ends. A run that was killed goes on behind the last
 *  whole line. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { VISIT, type Visit } from './visit.ts'

export interface Journal {
  visits: Visit[]
  add: (visit: Visit) => void
}

/** @param header  what all visits of a run have in common, as JSON
 *  @throws Error where the file is of another run */
export function openJournal(path: string, header: object): Journal {
  const first = JSON.stringify(header)
  if (!existsSync(path)) writeFileSync(path, `${first}\n`)
  // What stands behind the last end of a line was being written when the run was killed.
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  if (lines[0] !== first)
    throw new Error(`${path} is of a run with other settings; give another folder, or remove it`)
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))
  const visits = lines.slice(1).map((line) => VISIT.parse(JSON.parse(line)))
  return {
    visits,
    add: (visit) => {
      visits.push(visit)
      appendFileSync(path, `${JSON.stringify(visit)}\n`)
    },
  }
}
