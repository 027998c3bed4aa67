/** A CSV in which a film may have several labels at once: a column for each finding, in which 1 says that the film has it, 0
 *  that it has not, and an empty cell or -1 that nobody knows. Nothing is guessed of what is unknown. */
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { openCsv, readTable, refuseRepeats, type TableRow, tableError } from './csv.ts'
import type { Findings, LabelledFilm, LabelledSet } from './labelled.ts'
import { type LabelTable, lookAlikes } from './manifest.ts'

/** What a cell may say, also as CheXpert writes it (`1.0`); undefined is unknown. */
const CELLS: Readonly<Record<string, 0 | 1 | undefined>> = {
  '1': 1,
  '1.0': 1,
  '0': 0,
  '0.0': 0,
  '': undefined,
  '-1': undefined,
  '-1.0': undefined,
}

/** Columns that say something else. */
const OTHERS = ['path', 'label', 'patient', 'split']

/** @param given  names of columns, with commas between them
 *  @throws ROE_OPTION */
export function findingLabels(where: string, given: string): string[] {
  const labels = given.split(',').map((label) => label.trim())
  const isGood =
    labels.length > 1 && new Set(labels).size === labels.length && labels.every((label) => label !== '')
  const other = labels.find((label) => OTHERS.includes(label))
  if (isGood && other === undefined) return labels
  const expected =
    'names of at least two columns, each once, none of them path, label, patient or split, e.g. Effusion,Mass'
  throw new RoentgenError('ROE_OPTION', { where, expected, received: given === '' ? 'nothing' : given })
}

/** Reads films with findings: columns `path` and one for each label, and if known `patient` and `split`; other columns are
 *  ignored. Films of which nothing is known are left out, which the notes tell.
 *  @param labels  names of columns, in the order of the model's outputs
 *  @throws ROE_NOT_FOUND, ROE_NO_FILMS; ROE_MANIFEST for what is no CSV, a missing column, a cell that says something else,
 *    an empty path, or a film named twice */
export async function readFindings(path: string, labels: readonly string[]): Promise<LabelledSet> {
  const folder = dirname(path)
  const placed = (written: string) => (isAbsolute(written) ? normalize(written) : join(folder, written))
  return { ...(await readRows(path, labels, placed)), beside: [] }
}

/** The same for scores to be compared with: the paths stay as they are written.
 *  @throws what readFindings throws */
export const readFindingLabels = (path: string, labels: readonly string[]): Promise<LabelTable> =>
  readRows(path, labels, (written) => written)

async function readRows(
  path: string,
  labels: readonly string[],
  placed: (written: string) => string,
): Promise<LabelTable> {
  if (!path.toLowerCase().endsWith('.csv'))
    throw tableError(
      path,
      null,
      'films with several labels come as a .csv file, with a column for each label',
    )
  const { columns, rows, notes } = await readTable(path, ['path', ...labels], (row) => {
    const film = readRow(path, labels, row)
    return { ...film, path: placed(film.path), line: row.line }
  })
  refuseRepeats(path, rows, (row) => row.path)
  const known = rows.filter(({ findings }) => Object.keys(findings).length > 0)
  if (known.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: path })
  const blank = rows.length - known.length
  return {
    films: known.map(({ line: _, ...film }) => film),
    labels: [...labels],
    notes: [
      ...notes,
      ...lookAlikes(path, columns),
      ...(blank === 0 ? [] : [`left out, nothing is known of them: ${blank} films`]),
    ],
  }
}

/** Whether a CSV says findings: it has a column for each of the labels, or none that is called `label`.
 *  @throws ROE_NOT_FOUND, ROE_MANIFEST */
export async function saysFindings(path: string, labels: readonly string[]): Promise<boolean> {
  if (!path.toLowerCase().endsWith('.csv')) return false
  const { columns, records } = await openCsv(path, [])
  await records.return(undefined)
  return labels.every((label) => columns.includes(label)) || !columns.includes('label')
}

/** A network cannot learn what nothing speaks for, or nothing against.
 *  @throws ROE_SPLIT for a label that no film is known to have, or none not to have */
export function requireBoth({ films, labels }: Pick<LabelledSet, 'films' | 'labels'>): void {
  for (const label of labels)
    for (const [known, what] of [
      [1, 'to have it (1)'],
      [0, 'not to have it (0)'],
    ] as const)
      if (!films.some(({ findings }) => findings?.[label] === known)) {
        const problem = `no film to train on is known ${what}`
        const advice = 'add such films, or leave this label out'
        throw new RoentgenError('ROE_SPLIT', { where: label, problem, advice })
      }
}

/** How many films have each finding, have it not, or are unknown, as a line. */
export const knownText = ({ films, labels }: Pick<LabelledSet, 'films' | 'labels'>): string =>
  labels
    .map((label) => {
      const count = (known: 0 | 1) => films.filter(({ findings }) => findings?.[label] === known).length
      const [having, not] = [count(1), count(0)]
      return `${label} ${having} of ${having + not} known`
    })
    .join(', ')

function readRow(
  file: string,
  labels: readonly string[],
  { line, cell }: TableRow,
): LabelledFilm & { findings: Findings } {
  const written = cell('path')
  if (written === '') throw tableError(file, line, 'the path is empty; fill it in or drop the row')
  const cells = labels.map((label) => [label, knownOf(file, line, label, cell(label))] as const)
  const findings = cells.flatMap(([label, known]) => (known === undefined ? [] : [[label, known] as const]))
  return {
    path: written,
    label: labelOf(findings),
    findings: Object.fromEntries(findings),
    patient: cell('patient') || null,
    split: cell('split') || null,
  }
}

const labelOf = (findings: readonly (readonly [string, 0 | 1])[]): string =>
  findings
    .filter(([, known]) => known === 1)
    .map(([label]) => label)
    .join('|')

function knownOf(file: string, line: number, label: string, cell: string): 0 | 1 | undefined {
  if (Object.hasOwn(CELLS, cell)) return CELLS[cell]
  const problem = `the column '${label}' says '${cell}'; write 1 (has it), 0 (has it not), or nothing or -1 (unknown)`
  throw tableError(file, line, problem)
}
