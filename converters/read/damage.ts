/** What is said of zips and HDF5 files that came broken: tables of what the libraries say, and what it means to who has the
 *  file. What no row knows is told by its place; HDF5's words stand behind it, others under `--debug`. */
import { problemOf } from '../../errors.ts'

/** A file that is not what its writer wrote; its message is one line. */
export class DamagedFile extends Error {}

/** What can be done about one. */
const ADVICE = 'copy or download it again, or save the model again'

/** For the data of an error: advice, where damage is among the causes. */
export function adviceFor(error: unknown): { advice?: string } {
  if (error instanceof DamagedFile) return { advice: ADVICE }
  return error instanceof Error && error.cause !== undefined ? adviceFor(error.cause) : {}
}

type Row = readonly [says: RegExp, words: (...found: string[]) => string]

/** HDF5, the deepest line of its first stack. */
const HDF5: readonly Row[] = [
  [
    /^truncated file: eof = (\d+), .*stored_eof = (\d+)/,
    (has, wrote) => `it is cut short: ${has} of ${wrote} bytes are here`,
  ],
]

/** @param at  what was read last; '' before anything was */
export function damagedHdf5(said: string, at: string, cause: unknown): DamagedFile {
  const whereInside = at === '' ? 'at its head' : `at '${at}'`
  return new DamagedFile(wordsOf(HDF5, said) ?? `it is damaged ${whereInside} (HDF5: ${said})`, { cause })
}

/** yauzl, of the zip as a whole. What a name or a packer did is no damage. */
const ZIP: readonly Row[] = [
  [
    /^End of central directory record signature not found/,
    () => 'it is cut short: the end of the zip is not here',
  ],
  [/^Invalid comment length/, () => 'the zip is cut short, or something was appended to it'],
]
const OTHER_ZIPS: readonly Row[] = [
  [
    /^(?:absolute path|invalid relative path): (.*)$/,
    (name) => `'${name}' would lie outside the zip's folder`,
  ],
  [/^invalid characters in fileName: (.*)$/, (name) => `'${name}' in the zip has a backslash in its name`],
  [/^multi-disk zip files/, () => 'the zip is one of several parts; join them'],
  [/encrypt/, () => 'the zip is encrypted; unpack it'],
  [
    /^unsupported compression method: (\d+)/,
    (method) => `the zip is packed by method ${method}; pack it by deflate`,
  ],
]

/** @param name  of the file inside that was read; undefined while the zip's list of files is */
export function damagedZip(error: unknown, name?: string): Error {
  const said = problemOf(error)
  const ofSystem =
    error instanceof Error && 'syscall' in error ? `the zip cannot be read (${said})` : undefined
  const other = ofSystem ?? wordsOf(OTHER_ZIPS, said)
  if (other !== undefined) return new Error(other, { cause: error })
  const where = name === undefined ? "the zip's list of files" : `'${name}' in the zip`
  return new DamagedFile(wordsOf(ZIP, said) ?? `${where} is damaged`, { cause: error })
}

function wordsOf(rows: readonly Row[], said: string): string | undefined {
  for (const [says, words] of rows) {
    const found = says.exec(said)
    if (found !== null) return words(...found.slice(1))
  }
  return undefined
}
