/** A set of films in figures, for a terminal. */
import type { ClassFigures, Inspection, Spread } from './inspect.ts'
import { textTable } from './text-table.ts'

/** Pairs of copies that are named; --json has all. */
const MOST_NAMED = 10

/** @returns the table of classes, the copies, the guesses, the films that cannot be read */
export function inspectionText({ films, classes, copies, guesses, failed }: Inspection): string {
  const across = copies.filter(({ acrossLabels, acrossSplits }) => acrossLabels || acrossSplits)
  return [
    textTable([['', ...classes.map(({ label }) => label)], ...rowsOf(classes)]),
    `\npairs of copies: ${copies.length}, ${copies.filter(({ identical }) => identical).length} of them byte for byte`,
    `\n${copies.filter(({ acrossLabels }) => acrossLabels).length} with two labels, ${copies.filter(({ acrossSplits }) => acrossSplits).length} in two parts of a split\n`,
    ...across.slice(0, MOST_NAMED).map(({ paths }) => `  ${paths.join(' = ')}\n`),
    ...(across.length > MOST_NAMED ? [`  and ${across.length - MOST_NAMED} more\n`] : []),
    ...(guesses === null
      ? []
      : [
          '\nthe label, guessed by what is no lung (share of these very films that is right)\n',
          textTable([
            ...guesses.cues.map(({ cue, right }) => [cue, right.toFixed(2)]),
            ['always the largest class', guesses.chance.toFixed(2)],
          ]),
        ]),
    ...(failed.length === 0 ? [] : [`\n${failed.length} of ${films + failed.length} films cannot be read\n`]),
    ...failed.map(({ path, reason }) => `  ${path}: ${reason}\n`),
  ].join('')
}

const spread = ([least, median, most]: Spread, digits = 0): string =>
  Number.isNaN(median)
    ? ''
    : `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`

const count = (value: number): string => (value === 0 ? '' : String(value))

/** A row for each value that occurs. */
const tallies = (
  classes: readonly ClassFigures[],
  of: (figures: ClassFigures) => Record<string, number>,
  nameOf: (value: string) => string,
): string[][] =>
  [...new Set(classes.flatMap((figures) => Object.keys(of(figures))))]
    .sort()
    .map((value) => [nameOf(value), ...classes.map((figures) => count(of(figures)[value] ?? 0))])

function rowsOf(classes: readonly ClassFigures[]): (string | number)[][] {
  const row = (name: string, of: (figures: ClassFigures) => string | number) => [name, ...classes.map(of)]
  return [
    row('films', ({ films }) => films),
    row('patients', ({ patients }) => patients ?? 'not known'),
    ...tallies(
      classes,
      ({ formats }) => formats,
      (format) => format,
    ),
    ...tallies(
      classes,
      ({ bits }) => bits,
      (bits) => `${bits} bits`,
    ),
    ...tallies(
      classes,
      ({ colours }) => colours,
      (colour) => colour,
    ),
    row('width', ({ width }) => spread(width)),
    row('height', ({ height }) => spread(height)),
    row('width / height', ({ aspect }) => spread(aspect, 2)),
    row('grey of the border', ({ borderGrey }) => spread(borderGrey)),
    row('with black bars', ({ withBars }) => count(withBars)),
    row('with a copy', ({ copied }) => count(copied)),
    row('cannot be read', ({ failed }) => count(failed)),
  ]
}
