/** Options of `roentgen score` that say what is written where. */
import type { Argv } from 'yargs'

export const outputOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('out', {
      alias: 'o',
      type: 'string',
      demandOption: true,
      describe: 'scores: a .csv, .jsonl or .parquet file; failures stand in OUT.errors.jsonl',
    })
    .option('resume', {
      type: 'boolean',
      conflicts: 'restart',
      describe: 'go on with a run that was interrupted; begin one where there is none',
    })
    .option('restart', {
      type: 'boolean',
      describe: 'begin anew, though an interrupted run is there',
    })
    .option('json', { type: 'boolean', default: false, describe: 'the summary as JSON on stdout' })
