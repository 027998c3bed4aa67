/** Arguments of the programs in `own` and `peers`. One that is misused says so in one line and ends with 2; `--help` is one line
 *  of what there is, with the defaults. What an option means the header of the program says. */
import { relative } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Of this process, as parseArgs gives them; ends it where they are wrong, or ask for help.
 *  @param operands  what follows the options, for the line of help */
export function argumentsOf<Config extends ParseArgsConfig>(
  config: Config,
  operands = '',
): ReturnType<typeof parseArgs<Config>> {
  const line = usage(config, operands)
  if (process.argv.slice(2).includes('--help')) {
    process.stdout.write(`${line}\n`)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    const [problem = ''] = error instanceof Error ? error.message.split(/\.? To specify|\.?\n/) : []
    return misused(`${problem}; ${line}`)
  }
}

/** Says why these arguments cannot be, and ends the process. */
export function misused(problem: string): never {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

function usage({ options = {} }: ParseArgsConfig, operands: string): string {
  const all = Object.entries(options).map(([name, { type, default: usual }]) => {
    const value = typeof usual === 'string' && usual !== '' ? usual : name.toUpperCase()
    return type === 'boolean' ? `[--${name}]` : `[--${name} ${value}]`
  })
  const program = relative('.', process.argv[1] ?? '')
  return ['usage: node', program, operands, ...all].filter((part) => part !== '').join(' ')
}
