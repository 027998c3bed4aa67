/** `roentgen compare`: how two tables of scores differ. */
import { RoentgenError } from '../../errors.ts'
import { type Comparison, compareRows, type FilmDifference } from '../data/compare/compare.ts'
import { type JoinKey, KEYS } from '../data/compare/join.ts'
import type { Cell, Column } from '../data/rows/columns.ts'
import { openRows } from '../data/scores.ts'
import { demandApart, namedFile } from '../infer/run/apart.ts'
import { writeRows } from '../infer/writers.ts'
import { command } from './command.ts'
import { requireWhole } from './require-whole.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('a', { type: 'string', demandOption: true, describe: 'scores that roentgen score wrote' })
      .positional('b', { type: 'string', demandOption: true, describe: 'others, in any of its formats' })
      .option('by', {
        choices: Object.keys(KEYS) as JoinKey[],
        default: 'path' as const,
        describe: 'what makes two rows those of one film: its path, or its file name alone',
      })
      .option('atol', {
        type: 'number',
        default: 0,
        describe: 'largest difference of a number that is let pass',
      })
      .option('top', {
        type: 'number',
        default: 10,
        describe: 'how many flips and largest differences are shown',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        describe: 'a row for each film that differs: a .csv, .jsonl or .parquet file',
      })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 compare cpu.csv cuda.parquet --atol 1e-3', 'exit status 1 where they differ')
      .example('$0 compare old.csv new.csv -o differ.csv', 'with a list of the films'),
  async run({ a, b, by, atol, top, out, json }) {
    requireWhole('--top', top, 0)
    if (!(atol >= 0))
      throw new RoentgenError('ROE_OPTION', {
        where: '--atol',
        expected: 'a number from 0',
        received: String(atol),
      })
    await demandApart(namedFile('-o', out), [...namedFile(a, a), ...namedFile(b, b)])
    const sources = [await openRows(a), await openRows(b)] as const
    for (const note of sources.flatMap(({ notes }) => notes)) process.stderr.write(`${note}\n`)
    const comparison = await listed(compareRows(...sources, { by, atol, top }), out)
    const { films } = comparison
    if (by === 'path' && films.both === 0 && films.a > 0 && films.b > 0)
      process.stderr.write('note: no path is in both tables; --by name compares films by their file names\n')
    process.stdout.write(
      json ? `${JSON.stringify({ a, b, atol, ...comparison }, null, 2)}\n` : textOf(comparison, atol),
    )
    return comparison.alike ? 0 : 1
  },
})

const LIST: readonly Column[] = [
  { name: 'path', type: 'text' },
  { name: 'differs', type: 'text' },
  { name: 'column', type: 'text' },
  { name: 'a', type: 'text' },
  { name: 'b', type: 'text' },
  { name: 'largest', type: 'float' },
]

/** Reads the comparison to its end, into a list where one is wanted. */
async function listed(
  films: AsyncGenerator<FilmDifference, Comparison>,
  out: string | undefined,
): Promise<Comparison> {
  let end: Comparison | null = null
  const rows = async function* () {
    for (;;) {
      const { done, value } = await films.next()
      if (done === true) {
        end = value
        return
      }
      const { path, differs, column, a, b, largest } = value
      yield [path, differs, column, textOfCell(a), textOfCell(b), rounded(largest)]
    }
  }
  if (out !== undefined) await writeRows(out, LIST, rows(), '{}')
  else for await (const _ of rows());
  return end!
}

/** A difference of decimal numbers, without the digits that subtracting doubles makes up. */
const rounded = (value: number | null): number | null =>
  value === null ? null : Number(value.toPrecision(6))

const textOfCell = (cell: Cell): string | null => (cell === null ? null : String(cell))

function textOf(
  { films, differ, columns, numbers, flipped, largest, alike }: Comparison,
  atol: number,
): string {
  const line = (name: string, ...values: readonly unknown[]) => `${name.padEnd(16)} ${values.join('  ')}`
  const figure = (value: number | null) => (value === null ? '-' : value.toExponential(2))
  const only = [
    ...columns.onlyA.map((name) => line('column only in a', name)),
    ...columns.onlyB.map((name) => line('column only in b', name)),
  ]
  const counts = [
    line('films', `${films.a} and ${films.b}, ${films.both} in both`),
    line('only in a', differ['only in a']),
    line('only in b', differ['only in b']),
    line('status differs', differ.status),
    line('label flips', differ.label),
    line('numbers differ', `${differ.number}, by more than ${atol}`),
    line('others differ', differ.other),
  ]
  const means = numbers.map(({ column, films, mean, max }) =>
    line(column, `mean ${figure(mean)}`, `max ${figure(max)}`, `${films} films`),
  )
  const most = largest.map(
    ({ path, column, a, b, largest }) => `${figure(largest)}  ${path}  ${column}  ${a} and ${b}`,
  )
  const flips = flipped.map(({ path, column, a, b }) => `${path}  ${column}  ${a} and ${b}`)
  return [
    ...counts,
    ...only,
    ...(flips.length > 0 ? ['', `labels that flip, the first ${flips.length}`, ...flips] : []),
    ...(means.length > 0 ? ['', 'differences by column', ...means] : []),
    ...(most.length > 0 ? ['', 'largest differences', ...most] : []),
    '',
    alike ? 'they agree' : 'they differ',
    '',
  ].join('\n')
}
