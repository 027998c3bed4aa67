/** Everything that `roentgen score` is given to score, as one stream of films: folders, patterns, films, or a list.
 *  Nothing here holds the films; listing is done again where it is needed twice (counting, resuming). */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { lstat, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { RoentgenError } from '../../../errors.ts'
import { filesSource } from './files-source.ts'
import { folderSource, isPattern, patternSource, type Selection } from './folder-source.ts'
import { linesSource, manifestSource } from './list-source.ts'
import { hidesPaths, keyPrint, namingOf, type PathAs, rootPrint } from './names.ts'
import { isInShard, type Shard } from './shard.ts'
import type { Listed, Source } from './source.ts'

export interface Input {
  /** What the film is opened by. */
  path: string
  /** What it is called in everything that is written. */
  name: string
  /** Why this is a folder that cannot be walked into; it has a row of its own then. null for whatever else. */
  problem: string | null
}

/** What is known when a list was read to its end. */
export interface Survey {
  /** Films of the whole list. */
  listed: number
  /** Those that belong to the shard; all without one. */
  films: number
  /** sha256 of all names of the list in their order, each followed by a NUL, hex: that all shards saw one list. null where
   *  films are named by their index. */
  digest: string | null
}

/** How the films were named; a resumed run must be named alike. */
export interface InputFacts {
  /** The words, or the list; nothing where films are called so that their paths are hidden. */
  named: string[]
  hidden: boolean
  follow: boolean
  pathAs: PathAs
  /** The print of the key; null without one. */
  pathKey: string | null
  /** The print of the folder that names count from: equal names are one film only where it is the same. null where they
   *  count from none, or from several. */
  root: string | null
  shard: Shard | null
}

export interface InputOptions extends Partial<Selection> {
  /** A CSV with a column `path`, instead of words. */
  manifest?: string | undefined
  /** A file of paths, or `-`, instead of words. */
  filesFrom?: string | undefined
  /** What divides those paths: a NUL instead of line breaks. */
  nul?: boolean
  stdin?: AsyncIterable<Uint8Array>
  /** Files that are no films, by their absolute paths: what this run itself writes. */
  leaveOut?: (real: string) => boolean
  pathAs?: PathAs
  /** For `--path-as hash`. */
  key?: Buffer | null
  shard?: Shard | null
}

export interface Inputs {
  /** The films of the shard in the order of the inputs. From a stream they come once.
   *  @throws ROE_NO_FILMS when the whole list is empty; what a list that is none throws */
  films: () => AsyncGenerator<Input>
  /** Lists without reading a film. @returns null for a stream, which `films` alone may read */
  count: () => Promise<Survey | null>
  /** What the last listing to the end saw; null before. */
  survey: () => Survey | null
  /** For messages: `the folder films`; without a path where paths are hidden. */
  what: string
  /** Whether a file would be listed, if it were there; by its absolute path without links. */
  covers: (real: string) => boolean
  /** What this all depends on, besides the files. */
  facts: InputFacts
  /** What the user should know about the last listing, one sentence each. */
  notes: () => string[]
}

/** Opens what is to be scored: one film must be there.
 *  @param words  folders, patterns and films; none with `manifest` or `filesFrom`
 *  @throws ROE_USAGE, ROE_NOT_FOUND, ROE_NO_FILMS, ROE_MANIFEST, ROE_OPTION; ROE_FILM_UNREADABLE for a folder that was
 *  named and cannot be opened */
export async function openInputs(words: readonly string[], options: InputOptions = {}): Promise<Inputs> {
  const { pathAs = 'as-given', key = null, shard = null } = options
  const sources = await sourcesOf(words, options)
  const ownRoot = sources.length === 1 ? sources[0]!.root : null
  const nameOf = namingOf(pathAs, { key, isRooted: ownRoot !== null })
  const root = rootOf(words, options, ownRoot)
  const facts = { ...factsOf(words, options), root: root === null ? null : rootPrint(root, pathAs, key) }
  const isHidden = hidesPaths(pathAs)
  const whats = sources.map(({ what }, at) => (isHidden ? `input ${at + 1} of ${sources.length}` : what))
  let [survey, notes]: [Survey | null, string[]] = [null, []]

  async function* films(): AsyncGenerator<Input> {
    const [digest, told] = [createHash('sha256'), [] as string[]]
    const counts = { listed: 0, films: 0 }
    for await (const film of listed(sources, whats, told, options.leaveOut)) {
      const index = counts.listed++
      const name = nameOf(film, index)
      digest.update(`${name}\0`)
      if (!isInShard(index, shard)) continue
      counts.films += 1
      yield { path: film.path, name, problem: film.problem }
    }
    if (counts.listed === 0) throw new RoentgenError('ROE_NO_FILMS', { where: whats[0]! })
    survey = { ...counts, digest: pathAs === 'index' ? null : digest.digest('hex') }
    notes = told
  }

  const isRepeatable = sources.every(({ repeatable }) => repeatable)
  if (isRepeatable) await demandOne(sources, whats, options.leaveOut)
  return {
    films,
    async count() {
      if (!isRepeatable) return null
      for await (const _ of films());
      return survey
    },
    survey: () => survey,
    what: isHidden ? `${sources.length} inputs` : whats.join(', '),
    covers: (real) => sources.some((source) => source.covers(real)),
    facts,
    notes: () => notes,
  }
}

/** What names count from. Paths as given count from nowhere where all are absolute; of a list nobody knows.
 *  @param own  the root of the only input   @returns null for an index */
function rootOf(words: readonly string[], options: InputOptions, own: string | null): string | null {
  const { pathAs = 'as-given', manifest, filesFrom } = options
  if (pathAs === 'index') return null
  if (pathAs !== 'as-given') return own ?? process.cwd()
  const isAbsoluteAll =
    filesFrom === undefined && [manifest ?? '/', ...words].every((word) => isAbsolute(word))
  return isAbsoluteAll ? '/' : process.cwd()
}

/** All that is known without looking. @param named  folders, films, patterns or lists */
export function factsOf(named: readonly string[], options: InputOptions = {}): InputFacts {
  const { manifest, filesFrom, hidden = false, follow = false, pathAs = 'as-given', key = null } = options
  const lists = [manifest, filesFrom].filter((list) => list !== undefined)
  const shard = options.shard ?? null
  return {
    named: hidesPaths(pathAs) ? [] : [...named, ...lists],
    hidden,
    follow,
    pathAs,
    pathKey: keyPrint(key),
    root: null,
    shard,
  }
}

/** All films of all sources in turn. A film that an earlier source has listed is passed over.
 *  @param whats  what messages call each source   @param told  gets the notes */
async function* listed(
  sources: readonly Source[],
  whats: readonly string[],
  told: string[],
  leaveOut: (real: string) => boolean = () => false,
): AsyncGenerator<Listed> {
  let repeated = 0
  for (const [at, source] of sources.entries()) {
    const before = sources.slice(0, at)
    let films = 0
    for await (const film of source.films(told)) {
      if (leaveOut(film.real)) continue
      films += 1
      if (before.some((earlier) => earlier.covers(film.real))) repeated += 1
      else yield film
    }
    if (films === 0 && sources.length > 1) told.push(`${whats[at]}: there are no films in it`)
  }
  if (repeated > 0) told.push(`${repeated} films are reached by two of the inputs; each is scored once`)
}

async function demandOne(
  sources: readonly Source[],
  whats: readonly string[],
  leaveOut?: (real: string) => boolean,
): Promise<void> {
  for await (const _ of listed(sources, whats, [], leaveOut)) return
  throw new RoentgenError('ROE_NO_FILMS', { where: whats[0]! })
}

async function sourcesOf(words: readonly string[], options: InputOptions): Promise<Source[]> {
  const { manifest, filesFrom, nul = false, stdin = process.stdin, hidden = false, follow = false } = options
  const ways = [words.length > 0, manifest !== undefined, filesFrom !== undefined].filter(Boolean).length
  if (ways !== 1) {
    const problem = 'name folders, patterns or films, or give --manifest, or --files-from: one of the three'
    throw new RoentgenError('ROE_USAGE', { where: 'score', problem })
  }
  if (manifest !== undefined) return [await manifestSource(manifest)]
  if (filesFrom !== undefined) return [await linesSource(filesFrom, { end: nul ? '\0' : '\n', stdin })]
  return sourcesOfWords(words, { hidden, follow })
}

async function sourcesOfWords(words: readonly string[], selection: Selection): Promise<Source[]> {
  const sources: Source[] = []
  let files: string[] = []
  const endFiles = async () => {
    if (files.length > 0) sources.push(await filesSource(files))
    files = []
  }
  for (const word of words) {
    const kind = await kindOf(word)
    if (kind === 'film') files.push(word)
    else {
      await endFiles()
      sources.push(await (kind === 'folder' ? folderSource : patternSource)(word, selection))
    }
  }
  await endFiles()
  assert(sources.length > 0, 'a word is an input')
  return sources
}

/** What is there counts before what it could mean: `a[1].png` may be a film. */
async function kindOf(word: string): Promise<'folder' | 'film' | 'pattern'> {
  const found = await stat(word).catch(() => lstat(word).catch(() => null))
  if (found !== null) return found.isDirectory() ? 'folder' : 'film'
  if (isPattern(word)) return 'pattern'
  throw new RoentgenError('ROE_NOT_FOUND', { where: word, kind: 'file or folder' })
}
