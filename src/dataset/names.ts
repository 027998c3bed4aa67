/** How patients and films are called in what a dataset command writes: no id of the source leaves but as a keyed hash.
 *  Without a key patients are numbered, which says who is who and nothing else. */
import { basename, extname } from 'node:path'
import { keyed } from '../data/inputs/names.ts'
import { printed } from '../image/raw-path.ts'

/** Names patients in the order in which they are met: `p1`, `p2`, … or, with a key, 128 bits of HMAC-SHA256, which is the
 *  same for the same patient in every set made with that key. Unknown stays null. */
export function patientNaming(key: Buffer | null): (patient: string | null) => string | null {
  const numbers = new Map<string, number>()
  return (patient) => {
    if (patient === null) return null
    if (key !== null) return keyed(key, `patient ${patient}`)
    const number = numbers.get(patient) ?? numbers.size + 1
    numbers.set(patient, number)
    return `p${number}`
  }
}

/** What a film's file is called in the set: its own name, or with `hash` the keyed hash of it and its extension. */
export function fileNaming(hash: boolean, key: Buffer | null): (path: string) => string {
  if (!hash || key === null) return (path) => printed(basename(path))
  return (path) => `${keyed(key, basename(path))}${extname(path).toLowerCase()}`
}

/** Names that DICOM archives give: a UID, or one behind a prefix (`CR.1.2.840…`). */
const UID = /\d+(\.\d+){4,}/

/** Whether a file is called by a DICOM UID, which names its patient to whoever has the archive. */
export const isUid = (path: string): boolean => UID.test(basename(path))
