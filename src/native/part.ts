/** What a row of the table of native parts holds: where its files come from, which of them are taken, how it is built and
 *  how it is shown to work. */

/** Entries of an archive that are taken. */
export interface Take {
  /** Of their whole names. */
  from: RegExp
  /** Where to in the part's folder; `$1` is what the pattern caught. What lies in `build/` is there while it is built. */
  to: string
}

/** One archive: a wheel or an npm package, known by its bytes. */
export interface Source {
  /** Its name, as the program saves it. */
  file: string
  sha256: string
  by: 'pip' | 'npm'
  /** What that program is asked for. */
  requirement: string
  take: readonly Take[]
}

export interface Variant {
  sources: readonly Source[]
  /** What the disk must have free while it is installed, in bytes. */
  room: number
}

export interface Part {
  name: string
  /** What it is for. */
  describe: string
  version: string
  /** As Node says them: `linux-x64`. */
  platforms: readonly string[]
  /** Of other platforms. */
  elsewhere: string
  cpu: Variant
  gpu?: Variant
  /** Files of ours: path in the part's folder → content. */
  files: Readonly<Record<string, string>>
  /** The arguments of the C++ compiler, which runs in the part's folder. */
  compile: (() => readonly string[]) | null
  /** Runs it. @returns what it says of itself, in a line   @throws where it does not work */
  prove: (folder: string) => Promise<string>
}
