/** Options of `roentgen score` that say which films, and what they are called. */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import { type Inputs, openInputs, type Survey } from '../../data/inputs/inputs.ts'
import { PATH_AS, type PathAs, readKey } from '../../data/inputs/names.ts'
import { readShard } from '../../data/inputs/shard.ts'
import { type Named, namedFile, namedRun, realOf } from '../../infer/run/apart.ts'

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
  demandEffects(args)
  const own = await ownPlaces(out, args.timings)
  await refuseModels(films)
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
    leaveOut: (real) => own.has(real) || isTemporary(real, own),
  })
  const seen = shard === null ? undefined : [...own].find(([place]) => inputs.covers(place))
  if (seen !== undefined) {
    const [, { option, path }] = seen
    const expected = 'a file outside of what is scored, where the other parts would take it for a film'
    throw new RoentgenError('ROE_OPTION', { where: option, expected, received: path })
  }
  return inputs
}

/** Options that would be passed over are a mistake. @throws ROE_OPTION */
function demandEffects({ pathAs, pathKey, filesFrom, null: nul }: InputArguments): void {
  const refuse = (where: string, expected: string) =>
    new RoentgenError('ROE_OPTION', { where, expected: `${expected} beside it`, received: 'none' })
  if (pathKey !== undefined && pathAs !== 'hash') throw refuse('--path-key', '--path-as hash')
  if (nul && filesFrom === undefined) throw refuse('-0', '--files-from')
}

/** The run's own files, as a walk finds them: by their absolute paths, without links to folders. */
async function ownPlaces(out: string, timings: string | undefined) {
  const written = [...namedRun('-o', out), ...namedFile('--timings', timings)]
  const places = new Map<string, Named>()
  for (const named of written)
    for (const file of named.files) places.set(join(await realOf(dirname(file)), basename(file)), named)
  return places
}

/** `-m a.onnx b.onnx` names a film b.onnx. @throws ROE_USAGE */
async function refuseModels(words: readonly string[]): Promise<void> {
  for (const word of words) {
    const isModel = /\.onnx$/i.test(word) && (await stat(word).catch(() => null))?.isFile() === true
    const problem = `${word} is a model; give -m before each model`
    if (isModel) throw new RoentgenError('ROE_USAGE', { where: 'score', problem })
  }
}

/** Half-written files have names that nobody gives; they are hidden, and so matter with --hidden only. */
const TEMPORARY = /\/\.[^/]*\.[0-9a-f]{12}\.tmp$/

const isTemporary = (real: string, own: ReadonlyMap<string, Named>): boolean =>
  TEMPORARY.test(real) && [...own.keys()].some((place) => dirname(place) === dirname(real))

/** How many films there are, for the head of a run. @param counted  null for a stream */
export function filmsText({ facts: { shard } }: Inputs, counted: Survey | null): string {
  const films = counted === null ? 'from a stream' : String(counted.films)
  if (shard === null) return films
  return `${films}${counted === null ? '' : ` of ${counted.listed}`}, shard ${shard.index}/${shard.count}`
}
