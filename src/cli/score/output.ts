/** Options of `roentgen score` that say what is written where. */
import type { Argv } from 'yargs'
import { demandApart, namedFile, namedRun } from '../../infer/run/apart.ts'

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

interface Files {
  out: string
  timings: string | undefined
  update: string | undefined
  manifest: string | undefined
  filesFrom: string | undefined
  pathKey: string | undefined
  model: readonly string[]
}

/** @throws ROE_OPTION where an output is a file that is read, or two outputs are one */
export const demandOwnOutputs = ({ out, timings, update, manifest, filesFrom, pathKey, model }: Files) =>
  demandApart(
    [...namedRun('-o', out), ...namedFile('--timings', timings)],
    [
      ...namedRun('--update', update),
      ...namedFile('--manifest', manifest),
      ...namedFile('--files-from', filesFrom),
      ...namedFile('--path-key', pathKey),
      ...model.flatMap((path) => namedFile('--model', path)),
    ],
  )
