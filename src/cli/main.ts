#!/usr/bin/env node
/** The command `roentgen`: lists the commands, runs one, and turns an error into one line and an exit status. */
import yargs from 'yargs'
import { hideBin } from 'yargs/helpers'
import { problemOf, RoentgenError } from '../../errors.ts'
import { COMMANDS } from './commands.ts'

/** Runs one command line.
 *  @returns the exit status: 0 done, 1 failed, 2 wrong usage, 3 rows written and failures listed */
async function main(args: string[]): Promise<number> {
  let status = 0
  const parser = yargs(args)
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
    .strict()
    .demandCommand(1, 'name a command')
    .recommendCommands()
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .fail((message, error) => {
      throw error ?? new RoentgenError('ROE_USAGE', { where: 'roentgen', problem: message })
    })
  for (const { name, describe, options, run } of COMMANDS) {
    parser.command(name, describe, options, async (parsed) => {
      status = await run(parsed)
    })
  }
  await parser.parseAsync()
  return status
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

const args = hideBin(process.argv)
try {
  process.exitCode = await main(args)
} catch (error) {
  process.exitCode = report(error, args.includes('--debug'))
}
