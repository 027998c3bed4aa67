#!/usr/bin/env node
/** The command `roentgen`: lists the commands, runs one, and turns an error into one line and an exit status. */
import yargs, { type ArgumentsCamelCase, type Argv } from 'yargs'
import { hideBin } from 'yargs/helpers'
import { problemOf, RoentgenError } from '../../errors.ts'
import { versionOf } from '../infer/package-version.ts'
import { COMMANDS, type CommandRow } from './commands.ts'
import { letItEnd, whatIsLeft } from './interrupted.ts'
import { usageProblem } from './usage.ts'

/** Runs one command line.
 *  @returns the exit status: 0 done, 1 failed, 2 wrong usage, 3 rows written and failures listed */
async function main(args: string[]): Promise<number> {
  let status = 0
  const parser: Argv = yargs(args)
    .scriptName('roentgen')
    .usage(
      '$0 <command>\n\nTrain, convert, score and evaluate X-ray classifiers. Research use only, not for diagnosis.',
    )
    .option('debug', {
      type: 'boolean',
      global: true,
      describe: 'show the stack of an error',
      default: false,
    })
    .version(versionOf('roentgen') ?? 'unknown')
    .strict()
    .demandCommand(1, 'name a command')
    .recommendCommands()
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    // usage.ts reads what yargs says.
    .locale('en')
    .fail((message, error) => {
      if (error !== undefined && error !== null) throw error
      const problem = usageProblem(message, args, parser)
      throw new RoentgenError('ROE_USAGE', { where: 'roentgen', problem })
    })
  for (const row of COMMANDS)
    addCommand(parser, row, (ended) => {
      status = ended
    })
  parser.middleware(refuseRepeats, true)
  parser.middleware((parsed) => refuseWordsForNumbers(parsed, args), true)
  await parser.parseAsync()
  return status
}

/** @param onEnd  is told the exit status */
function addCommand(parser: Argv, row: CommandRow, onEnd: (status: number) => void): void {
  const { name, describe, actions = [] } = row
  if (!('load' in row)) {
    parser.command(name, describe, (argv) => {
      for (const action of actions) addCommand(argv, action, onEnd)
      return argv.demandCommand(1, `name an action: ${actions.map((action) => wordOf(action)).join(', ')}`)
    })
    return
  }
  // yargs takes an asynchronous builder; its types do not say so.
  const options = async (argv: Argv) => {
    for (const action of actions) addCommand(argv, action, onEnd)
    return ownOptions(argv, (await row.load()).default.options)
  }
  parser.command(name, describe, options as never, async (parsed: ArgumentsCamelCase) => {
    onEnd(await (await row.load()).default.run(parsed))
  })
}

/** yargs hands the options of a command down to its actions; here they are its own. */
function ownOptions(argv: Argv, add: (argv: Argv) => Argv): Argv {
  const names = (of: Argv) =>
    Object.keys((of as unknown as { getOptions(): { key: object } }).getOptions().key)
  const before = names(argv)
  const added = add(argv) as Argv & { global(names: string[], is: boolean): Argv }
  return added.global(
    names(added).filter((name) => !before.includes(name)),
    false,
  )
}

const wordOf = ({ name }: CommandRow): string => name.split(' ')[0]!

/** Words without an option that may be several: `<models..>`. */
const LISTS = COMMANDS.flatMap(({ name }) => [...name.matchAll(/(\w+)\.\./g)].map(([, list]) => list))

/** Of an option that is no list, given twice, neither value is silently the one that counts. */
function refuseRepeats(parsed: Readonly<Record<string, unknown>>): void {
  const [command] = parsed._ as unknown[]
  const own = COMMANDS.find(({ name }) => name.split(' ')[0] === command)?.lists ?? []
  const lists = ['_', ...LISTS, ...own]
  const repeated = Object.entries(parsed).find(
    ([name, value]) => !lists.includes(name) && Array.isArray(value),
  )
  if (repeated === undefined) return
  const [name] = repeated
  throw new RoentgenError('ROE_USAGE', {
    where: 'roentgen',
    problem: `${name.length === 1 ? '-' : '--'}${name} is given more than once`,
  })
}

/** yargs makes NaN of a word where a number belongs, and forgets the word. */
function refuseWordsForNumbers(parsed: Readonly<Record<string, unknown>>, args: readonly string[]): void {
  const name = Object.keys(parsed).find((one) => Number.isNaN(parsed[one]))
  if (name === undefined) return
  const where = name.length === 1 ? `-${name}` : `--${name}`
  const at = args.findIndex((arg) => arg === where || arg.startsWith(`${where}=`))
  const received = args[at] === where ? args[at + 1] : args[at]?.slice(where.length + 1)
  throw new RoentgenError('ROE_OPTION', { where, expected: 'a number', received: received ?? 'none' })
}

/** The one place where an error becomes words. */
function report(error: unknown, debug: boolean): number {
  const known =
    error instanceof RoentgenError
      ? error
      : new RoentgenError('ROE_INTERNAL', { where: 'roentgen', problem: problemOf(error) }, { cause: error })
  process.stderr.write(`${known.message}\n`)
  if (debug)
    process.stderr.write(`${known.stack}\n${known.cause instanceof Error ? `${known.cause.stack}\n` : ''}`)
  return known.exit
}

// `roentgen … | head` closes the pipe early: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

// Who reads the progress may go (`2>&1 | head`, a terminal that is closed): the work goes on.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

// Exit handlers take half-written files away; a signal alone would not run them. 128 + signal, as shells say it.
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.on(signal, () => {
    process.stderr.write(`interrupted; ${whatIsLeft()}\n`)
    if (!letItEnd(status)) process.exit(status)
  })

const args = hideBin(process.argv)
try {
  process.exitCode = await main(args)
} catch (error) {
  process.exitCode = report(error, args.includes('--debug'))
}
