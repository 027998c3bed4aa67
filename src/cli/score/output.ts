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
    .option('update', {
      type: 'string',
      describe: 'an older table: its rows are taken over, and only films that are new or changed are scored',
    })
    .option('expect', {
      type: 'string',
      describe: 'the label that all films should get: its share is the accuracy',
    })
    .option('group', {
      type: 'string',
      describe: 'a label: the share of all others is told, too',
    })
    .option('timings', {
      type: 'string',
      describe: 'how long each film took: a .csv, .jsonl or .parquet file',
    })
    .option('json', { type: 'boolean', default: false, describe: 'the summary as JSON on stdout' })
