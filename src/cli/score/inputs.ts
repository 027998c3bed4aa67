/** Options of `roentgen score` that say which films, and what they are called. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import { type Inputs, openInputs, type Survey } from '../../data/inputs/inputs.ts'
import { PATH_AS, type PathAs, readKey } from '../../data/inputs/names.ts'
import { readShard } from '../../data/inputs/shard.ts'
import { ownFiles } from '../../infer/run/files.ts'

export const inputOptions = <T>(yargs: Argv<T>) =>
  yargs
    .positional('films', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: "folders, films, or quoted patterns such as 'films/**/*.png'; each film is scored once",
    })
    .option('manifest', {
      type: 'string',
      describe: 'a CSV with a column path instead, relative to its folder',
    })
    .option('files-from', {
      type: 'string',
      nargs: 1,
      describe: 'a list instead, a path a line; - is standard input',
    })
    .option('null', {
      alias: '0',
      type: 'boolean',
      default: false,
      describe: 'NULs divide the list',
    })
    .option('hidden', {
      type: 'boolean',
      default: false,
      describe: 'also files and folders whose names begin with a dot',
    })
    .option('follow', {
      type: 'boolean',
      default: false,
      describe: 'also through links to folders; links to files are always followed',
    })
    .option('shard', {
      type: 'string',
      describe: 'one part of the films: 0/4, or /4 or auto in Kubernetes and Slurm arrays',
    })
    .option('path-as', {
      choices: PATH_AS,
      default: 'as-given' as const,
      describe: 'what films are called in all that is written',
    })
    .option('path-key', {
      type: 'string',
      describe: 'file with the key for --path-as hash [ROENTGEN_PATH_KEY]',
    })
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'only say what it would take: films, time, disk, and what would fail',
    })

interface InputArguments {
  films: readonly string[]
  manifest?: string | undefined
  filesFrom?: string | undefined
  null: boolean
  hidden: boolean
  follow: boolean
  shard?: string | undefined
  pathAs: PathAs
  pathKey?: string | undefined
  /** Of the outputs, since its file is no film either. */
  timings?: string | undefined
}

/** Opens what these options name, but for the files of the run itself.
 *  @param out  where the scores will be
 *  @throws what openInputs throws; ROE_OPTION */
export async function openNamedInputs(args: InputArguments, out: string): Promise<Inputs> {
  const { films, manifest, filesFrom, hidden, follow, pathAs } = args
  const shard = args.shard === undefined ? null : readShard(args.shard)
  const key = pathAs === 'hash' ? await readKey(args.pathKey) : null
  const inputs = await openInputs(films, {
    manifest,
    filesFrom,
    nul: args.null,
    hidden,
    follow,
    shard,
    pathAs,
    key,
    leaveOut: await isOwnFile(out, args.timings),
  })
  if (shard !== null && inputs.covers(await realOf(out))) {
    const expected = 'a file outside of what is scored, where the other parts would take it for a film'
    throw new RoentgenError('ROE_OPTION', { where: '-o', expected, received: out })
  }
  return inputs
}

/** Half-written files have names that nobody gives; they are hidden, and so matter with --hidden only. */
const TEMPORARY = /\/\.[^/]*\.[0-9a-f]{12}\.tmp$/

/** Whether a file is one of the run's own, by its absolute path without links. */
async function isOwnFile(out: string, timings: string | undefined): Promise<(real: string) => boolean> {
  const folder = dirname(await realOf(out))
  const own = new Set([...ownFiles(out)].map((path) => join(folder, basename(path))))
  if (timings !== undefined) own.add(await realOf(timings))
  return (real) => own.has(real) || (TEMPORARY.test(real) && dirname(real) === folder)
}

const realOf = async (out: string): Promise<string> =>
  join(await realpath(dirname(out)).catch(() => resolve(dirname(out))), basename(out))

/** How many films there are, for the head of a run. @param counted  null for a stream */
export function filmsText({ facts: { shard } }: Inputs, counted: Survey | null): string {
  const films = counted === null ? 'from a stream' : String(counted.films)
  if (shard === null) return films
  return `${films}${counted === null ? '' : ` of ${counted.listed}`}, shard ${shard.index}/${shard.count}`
}
