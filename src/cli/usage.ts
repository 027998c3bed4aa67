/** What yargs says of wrong words, in ours: options are called as they are given, and what was meant is named. */
import type { Argv } from 'yargs'
import { COMMANDS } from './commands.ts'
import { nearest } from './nearest.ts'

interface Given {
  /** The words of the command line. */
  args: readonly string[]
  options: readonly string[]
  /** Other names of options. */
  aliases: Readonly<Record<string, readonly string[]>>
}

interface Parser {
  getOptions(): { key: Record<string, unknown>; alias: Given['aliases'] }
}

/** What yargs says, in English, and what we say of it; `found` is what stands in the brackets. */
const PROBLEMS: readonly [says: RegExp, problem: (found: string, given: Given) => string][] = [
  [/^Did you mean (.*)\?$/, mistyped],
  [/^Unknown arguments?: (.*)$/, unknown],
  [/^Missing required arguments?: (.*)$/, missing],
  [/^Missing dependent arguments:\s+(\S+ -> \S+)/, needed],
  [/^(Not enough non-option) arguments/, (_, { args }) => `words are missing: ${nameOf(args)}`],
  [/^Arguments (\S+ and \S+) are mutually exclusive$/, excluded],
]

/** @param message  of yargs, in English   @param parser  that said it */
export function usageProblem(message: string, args: readonly string[], parser: Argv): string {
  const row = PROBLEMS.find(([says]) => says.test(message))
  if (row === undefined) return message
  const [says, problem] = row
  // yargs has it; its types do not say so.
  const { key, alias } = (parser as unknown as Parser).getOptions()
  return problem(says.exec(message)![1]!, { args, options: Object.keys(key), aliases: alias })
}

/** `-o (--out)`. */
const flagOf = (name: string, { aliases }: Given): string => {
  const short = [name, ...(aliases[name] ?? [])].find((one) => one.length === 1)
  return short === undefined || short === name ? dashed(name) : `-${short} (--${name})`
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`)

function nameOf([command, action]: readonly string[]): string {
  const named = (word: string | undefined) => (row: { name: string }) => row.name.split(' ')[0] === word
  const row = COMMANDS.find(named(command))
  const own = row?.actions?.find(named(action))
  return own === undefined ? (row?.name ?? 'the command') : `${command} ${own.name}`
}

function mistyped(found: string, { args: [command = '', action = ''] }: Given): string {
  const isAction = COMMANDS.some((row) => row.name === command && 'actions' in row)
  return `there is no ${isAction ? `action '${action}'` : `command '${command}'`}; did you mean ${found}?`
}

function unknown(found: string, { args, options }: Given): string {
  const [first = ''] = found.split(', ')
  if (args.includes(first)) return `there is one word too many: ${first}`
  const meant = nearest(first, options)
  return `there is no option ${dashed(first)}${meant === undefined ? '' : `; did you mean ${dashed(meant)}?`}`
}

function missing(found: string, given: Given): string {
  const names = found.split(', ')
  return `${names.map((name) => flagOf(name, given)).join(', ')} ${names.length === 1 ? 'is' : 'are'} missing`
}

function needed(found: string, given: Given): string {
  const [one = '', other = ''] = found.split(' -> ')
  return `${flagOf(one, given)} needs ${flagOf(other, given)}`
}

function excluded(found: string, given: Given): string {
  const [one = '', other = ''] = found.split(' and ')
  return `${flagOf(one, given)} and ${flagOf(other, given)} exclude each other`
}
