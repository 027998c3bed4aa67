/** `roentgen bench compare`: two results held against each other, for readers and for CI. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ComparedRow,
  changeText,
  compareResults,
  regressionsOf,
  untoldOf,
} from '../../../bench/compare.ts'
import { comparisonText } from '../../../bench/compare-text.ts'
import { caseId, RESULTS, type Results } from '../../../bench/results.ts'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { command } from '../command.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('old', {
        type: 'string',
        demandOption: true,
        describe: 'bench.json, or the folder that it lies in',
      })
      .positional('new', { type: 'string', demandOption: true, describe: 'another one' })
      .option('fail-on', {
        type: 'string',
        describe: 'exit status 1 where a case is slower by so much, and not by chance: 10%',
      })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 bench compare old new', 'what became slower or faster')
      .example('$0 bench compare old new --fail-on 10%', 'for CI'),
  async run({ old, new: now, failOn, json }) {
    const share = failOn === undefined ? null : shareOf(failOn)
    const comparison = compareResults(await resultsAt(old), await resultsAt(now))
    const regressions = share === null ? [] : regressionsOf(comparison, share)
    const untold = share === null ? [] : untoldOf(comparison, share).map(untoldText)
    process.stdout.write(
      json
        ? `${JSON.stringify({ ...comparison, regressions, untold }, null, 2)}\n`
        : comparisonText(comparison),
    )
    for (const line of regressions) process.stderr.write(`${line}\n`)
    if (untold.length > 0)
      process.stderr.write(
        `a slowdown of ${failOn} would not show in ${untold.length} of ${comparison.rows.length} figures: ${untold[0]}${untold.length > 1 ? ', …' : ''}; add --rounds on a calm machine\n`,
      )
    return regressions.length > 0 ? 1 : 0
  },
})

/** `mobilenet … t2 median (up to +40.0 %)` */
const untoldText = ({ case: one, metric, ratio: { high } }: ComparedRow): string =>
  `${caseId(one)} ${metric} (${high === null ? 'no interval' : `up to ${changeText(high)}`})`

/** `10%`, `2.5 %`. @throws ROE_OPTION */
function shareOf(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?) ?%$/.exec(text.trim()) ?? []
  if (number !== undefined) return Number(number) / 100
  throw new RoentgenError('ROE_OPTION', {
    where: '--fail-on',
    expected: 'a percentage such as 10%',
    received: text,
  })
}

/** @throws ROE_NOT_FOUND; ROE_OPTION for a file that is no result */
async function resultsAt(where: string): Promise<Results> {
  const isFolder = (await stat(where).catch(() => null))?.isDirectory() === true
  const path = isFolder ? join(where, 'bench.json') : where
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'bench.json' }, { cause })
  })
  try {
    return RESULTS.parse(JSON.parse(text))
  } catch (cause) {
    const expected = 'a bench.json that roentgen bench wrote'
    const received =
      cause instanceof SyntaxError ? problemOf(cause) : 'another file, or one of another version'
    throw new RoentgenError('ROE_OPTION', { where: path, expected, received }, { cause })
  }
}
