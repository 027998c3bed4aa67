/** `roentgen merge`: the tables of several runs as one. */
import { mergeScores } from '../infer/merge/merge.ts'
import { command } from './command.ts'
import { shareLines, sharesOf } from './score/shares.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('tables', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'what the runs wrote, each with its .run.json beside it, in any formats',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'scores: a .csv, .jsonl or .parquet file; failures stand in OUT.errors.jsonl',
      })
      .option('json', { type: 'boolean', default: false, describe: 'the summary as JSON on stdout' })
      .example('$0 merge part-*.parquet -o all.parquet', 'all shards of one list, in the order of the list')
      .example('$0 merge monday.csv tuesday.csv -o week.csv', 'whole runs, one after another'),
  async run({ tables, out, json }) {
    const summary = await mergeScores(tables, out)
    const { films, failed, ledger, labels, features, notes } = summary
    const lines = [
      ...shareLines(sharesOf(summary, {}), labels),
      ledger === null ? 'failed: 0' : `failed: ${failed}, see ${ledger}`,
      ...notes.map((note) => `note: ${note}`),
      `${films} rows in ${out}, of ${tables.length} tables; no film is missing or twice`,
      ...(features === null ? [] : [`embeddings in ${features}`]),
      'Research use only, not for diagnosis.',
    ]
    process.stderr.write(`${lines.join('\n')}\n`)
    if (json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`)
    return failed > 0 ? 3 : 0
  },
})
