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
    .option('json', { type: 'boolean', default: false, describe: 'the summary as JSON on stdout' })
