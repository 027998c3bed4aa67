/** Brings the archives of a part: given ones from a folder, else downloaded by pip and npm, which know the user's mirrors.
 *  Whatever brought them, they are known by their digests. */
import { readdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { problemOf, RoentgenError } from '../../errors.ts'
import { digestOf } from './archive.ts'
import type { Part, Source } from './part.ts'
import { firstTool, runTool, type Tool } from './tools.ts'

/** What brings wheels; uv has no download of its own, and runs pip. */
const PIPS: readonly Tool[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['pip'],
  ['python', '-m', 'pip'],
  ['uv', 'tool', 'run', 'pip'],
]
const NPMS: readonly Tool[] = [['npm']]

interface Fetcher {
  tools: readonly Tool[]
  /** Without any of them. */
  lacks: string
  /** How they are brought into `folder`. */
  args: (sources: readonly Source[], folder: string) => Promise<readonly string[]>
  /** Until it says how far it is, on a terminal. */
  quiet: readonly string[]
}

const FETCHERS: Readonly<Record<Source['by'], Fetcher>> = {
  npm: {
    tools: NPMS,
    lacks: 'there is no npm here to download packages',
    args: async (sources, folder) => [
      ...['pack', ...sources.map(({ requirement }) => requirement), '--pack-destination', folder],
      ...['--ignore-scripts', '--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--loglevel=error'],
    ],
    quiet: [],
  },
  pip: {
    tools: PIPS,
    lacks: 'there is no pip and no uv here to download wheels',
    // The wheel is one of Linux and Python 3.11, whatever Python downloads it.
    async args(sources, folder) {
      const wanted = join(folder, 'wheels.txt')
      const lines = sources.map(({ requirement, sha256 }) => `${requirement} --hash=sha256:${sha256}\n`)
      await writeFile(wanted, lines.join(''))
      return [
        ...['download', '--no-input', '--no-cache-dir', '--disable-pip-version-check', '--retries', '1'],
        ...['--no-deps', '--only-binary', ':all:', '--require-hashes'],
        ...['--python-version', '3.11', '--implementation', 'cp', '--platform', 'manylinux2014_x86_64'],
        ...['--dest', folder, '--requirement', wanted],
      ]
    },
    quiet: ['--quiet'],
  },
}

/** @param folder  where they are put
 *  @returns where each lies, its digest compared   @throws ROE_NATIVE */
export async function fetchSources(
  part: Part,
  sources: readonly Source[],
  folder: string,
  tell: (line: string) => void,
): Promise<Map<Source, string>> {
  const offline = `bring ${listOf(sources)} and name their folder: --from FOLDER`
  for (const by of ['npm', 'pip'] as const) {
    const own = sources.filter((source) => source.by === by)
    if (own.length > 0) await fetchBy(part, by, own, { folder, tell, offline })
  }
  const found = new Map(sources.map((source) => [source, join(folder, source.file)]))
  for (const [source, path] of found) await requireDigest(part, source, path)
  return found
}

async function fetchBy(
  part: Part,
  by: Source['by'],
  sources: readonly Source[],
  { folder, tell, offline }: { folder: string; tell: (line: string) => void; offline: string },
): Promise<void> {
  const { tools, lacks, args, quiet } = FETCHERS[by]
  const tool = await firstTool(tools)
  if (tool === null) throw failed(part, lacks, `install one, or ${offline}`)
  tell(`${tool.join(' ')} downloads ${sources.map(({ requirement }) => requirement).join(', ')}`)
  const isShown = by === 'pip' && process.stderr.isTTY
  const words = [...(await args(sources, folder)), ...(isShown ? [] : quiet)]
  // What it unpacks on the way shall not fill another disk.
  const env = { TMPDIR: folder, PIP_REQUIRE_VIRTUALENV: '0' }
  const { status, stderr } = await runTool(tool, words, { env, isShown })
  if (status !== 0)
    throw failed(part, `${tool.join(' ')} failed (${reasonOf(stderr)})`, `check the network, or ${offline}`)
}

/** The line in which pip or npm says why: what broke the connection, else its last error, without what is said of logs. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  const broken = lines.findLast((line) => /connection broken by/.test(line))
  if (broken !== undefined) return `no connection: ${/\[Errno -?\d+\] ([^'")]+)/.exec(broken)?.[1] ?? broken}`
  const errors = lines.filter((line) => /^(npm )?(error|ERROR|ERR!)/.test(line) && !/log|notice/i.test(line))
  const text = errors.at(-1) ?? lines.findLast((line) => line !== '') ?? 'it was killed'
  return text.length > MOST_REASON ? `${text.slice(0, MOST_REASON)}…` : text
}

/** Characters of another program's words in a line of ours. */
const MOST_REASON = 200

/** Finds all archives in a folder, or beside the one that was named; nothing is downloaded.
 *  @throws ROE_NATIVE which names what is not there; ROE_NOT_FOUND */
export async function givenSources(
  part: Part,
  sources: readonly Source[],
  from: string,
): Promise<Map<Source, string>> {
  const found = await stat(from).catch(() => null)
  if (found === null) throw new RoentgenError('ROE_NOT_FOUND', { where: from, kind: 'file or folder' })
  const folder = found.isDirectory() ? from : dirname(from)
  const names = new Set(await readdir(folder))
  if (!found.isDirectory() && !sources.some(({ file }) => file === basename(from)))
    throw failed(part, `${basename(from)} is none of the files it is made of`, `bring ${listOf(sources)}`)
  const lacking = sources.filter(({ file }) => !names.has(file))
  if (lacking.length > 0)
    throw failed(part, `${folder} lacks ${listOf(lacking)}`, `bring them there: ${commandsFor(lacking)}`)
  const given = new Map(sources.map((source) => [source, join(folder, source.file)]))
  for (const [source, path] of given) await requireDigest(part, source, path)
  return given
}

const listOf = (sources: readonly Source[]): string => sources.map(({ file }) => file).join(', ')

/** What brings them on a machine with network. */
const commandsFor = (sources: readonly Source[]): string =>
  (
    [
      ['npm', 'npm pack'],
      ['pip', 'pip download --no-deps --python-version 3.11 --platform manylinux2014_x86_64'],
    ] as const
  )
    .map(([by, command]) => [
      command,
      ...sources.filter((one) => one.by === by).map((one) => one.requirement),
    ])
    .filter(({ length }) => length > 1)
    .map((words) => words.join(' '))
    .join(', and ')

async function requireDigest(part: Part, { file, sha256 }: Source, path: string): Promise<void> {
  const found = await digestOf(path).catch((error: unknown) => {
    throw failed(part, `${file} is not there or cannot be read (${problemOf(error)})`, 'bring it again')
  })
  if (found === sha256) return
  const problem = `${file} is damaged or another file: its SHA-256 is ${found}, not ${sha256}`
  throw failed(part, problem, 'nothing of it was used; download it again')
}

const failed = (part: Part, problem: string, advice: string): RoentgenError =>
  new RoentgenError('ROE_NATIVE', { where: `native part ${part.name}`, problem, advice })
