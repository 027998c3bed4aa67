/** CSV files that say what films show: manifests for training and testing, labels for the evaluation of scores. */
import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { readTable, refuseRepeats, type TableRow, tableError } from './csv.ts'
import { readLabelledFolder } from './folder.ts'
import { type LabelledFilm, type LabelledSet, labelsOf } from './labelled.ts'

/** Reads labelled films from a folder of class folders or from a CSV manifest, by what `path` is.
 *  @throws ROE_NOT_FOUND, and what readLabelledFolder and readManifest throw */
export async function readLabelled(path: string): Promise<LabelledSet> {
  const found = await stat(path).catch(() => null)
  if (found === null) throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'file or folder' })
  if (found.isDirectory()) return readLabelledFolder(path)
  if (path.toLowerCase().endsWith('.csv')) return readManifest(path)
  const problem = 'labelled films come as a folder of class folders or as a .csv file, and this is neither'
  throw tableError(path, null, problem)
}

/** Reads a manifest: a CSV with the columns `path` and `label`, and if known `patient` and `split`; other columns
 *  are ignored. Paths are relative to the manifest's own folder (or absolute); whether a film is there shows when it
 *  is read.
 *  @throws ROE_NOT_FOUND, ROE_NO_FILMS; ROE_MANIFEST for a missing column, a row of another width, an empty path or
 *  label, a film named twice, or fewer than two labels */
export async function readManifest(path: string): Promise<LabelledSet> {
  const folder = dirname(path)
  const { columns, rows, notes } = await readTable(path, ['path', 'label'], (row) => {
    const { patient, split, path: written, ...rest } = readLabelRow(path, row)
    const film = isAbsolute(written) ? normalize(written) : join(folder, written)
    return { ...rest, path: film, patient, split }
  })
  refuseRepeats(path, rows, (row) => row.path)
  if (rows.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: path })
  const labels = labelsOf(rows)
  if (labels.length < 2) {
    const problem = `all its films have the label '${labels[0]}'; name films of at least two labels`
    throw tableError(path, null, problem)
  }
  return {
    films: rows.map(({ line: _, ...film }) => film),
    labels,
    beside: [],
    notes: [...notes, ...lookAlikes(path, columns)],
  }
}

export interface LabelTable {
  /** `path` is as written in the file, so that it can be joined with the paths of scores. */
  films: LabelledFilm[]
  labels: string[]
  notes: string[]
}

/** Reads the labels that scores are to be compared with: columns `path`, `label`, and if known `patient`, `split`.
 *  Like a manifest, but the paths stay as they are written, and one label alone is enough.
 *  @throws ROE_NOT_FOUND, ROE_NO_FILMS, ROE_MANIFEST */
export async function readLabels(path: string): Promise<LabelTable> {
  const { columns, rows, notes } = await readTable(path, ['path', 'label'], (row) => readLabelRow(path, row))
  refuseRepeats(path, rows, (row) => row.path)
  if (rows.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: path })
  return {
    films: rows.map(({ line: _, ...film }) => film),
    labels: labelsOf(rows),
    notes: [...notes, ...lookAlikes(path, columns)],
  }
}

/** A patient column under another name would be missed without a word, and with it the patients. */
export function lookAlikes(path: string, columns: readonly string[]): string[] {
  const others = columns.filter(
    (column) => !READ.includes(column) && /^(patient|subject|split)/i.test(column.trim()),
  )
  if (others.length === 0) return []
  return [`${path}: not read: ${others.join(', ')}; the columns that are read are called ${READ.join(', ')}`]
}

const READ = ['path', 'label', 'patient', 'split']

function readLabelRow(file: string, { line, cell }: TableRow): LabelledFilm & { line: number } {
  for (const column of ['path', 'label']) {
    if (cell(column) === '')
      throw tableError(file, line, `the ${column} is empty; fill it in or drop the row`)
  }
  for (const column of ['label', 'patient', 'split']) {
    const value = cell(column)
    if (value !== value.trim())
      throw tableError(file, line, `the ${column} '${value}' begins or ends with a space; take the space off`)
  }
  return {
    line,
    path: cell('path'),
    label: cell('label'),
    patient: cell('patient') || null,
    split: cell('split') || null,
  }
}
