/** Divides labelled films into train, test and, if wanted, val: stratified, seeded, and never with one patient, or copies of
 *  one film, in two parts. Films that cannot be read are in none, and told. */
import { dirname, relative, sep } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { writeWhole } from '../../whole-file.ts'
import { csvRow } from '../data/csv.ts'
import { findDuplicates } from '../data/duplicates.ts'
import { fingerprintFilms } from '../data/fingerprint.ts'
import type { LabelledFilm, LabelledSet } from '../data/labelled.ts'
import { MANIFEST_COLUMNS } from '../data/set-files.ts'
import { splitStratified } from '../data/split.ts'
import { fileNaming, patientNaming } from './names.ts'
import { writeSet } from './write.ts'

const PARTS = ['train', 'val', 'test'] as const
export type Part = (typeof PARTS)[number]

export interface Shares {
  /** Share of each label's films, above 0 and below 1. */
  test: number
  /** The same of all films, not of what test leaves; 0 for no such part. */
  val: number
}

export interface Parted {
  labels: string[]
  /** Sorted by part (as in PARTS), then by path; `split` is the part. */
  films: (LabelledFilm & { split: Part })[]
  failures: { path: string; error: RoentgenError }[]
  /** Pairs of near-duplicates; both films of each are in one part. */
  copies: number
}

/** Draws the parts. @throws ROE_SPLIT where a label cannot be in each part */
export async function drawParts(set: LabelledSet, shares: Shares, seed: number): Promise<Parted> {
  const { prints, failures } = await fingerprintFilms(set.films.map(({ path }) => path))
  const failed = new Set(failures.map(({ path }) => path))
  const usable = set.films.filter(({ path }) => !failed.has(path))
  const lost = set.labels.find((label) => !usable.some((film) => film.label === label))
  if (lost !== undefined)
    throw new RoentgenError('ROE_SPLIT', { where: lost, problem: `no film of class '${lost}' can be read` })
  const { pairs, groupOf: groups } = findDuplicates(prints)
  const { train: rest, held: test } = splitStratified(usable, { share: shares.test, seed, groups })
  const { train, held: val } =
    shares.val === 0
      ? { train: rest, held: [] }
      : splitStratified(rest, { share: shares.val / (1 - shares.test), seed, groups })
  const parts = { train, val, test }
  const films = PARTS.flatMap((part) => parts[part].map((film) => ({ ...film, split: part })))
  return { labels: set.labels, films, failures, copies: pairs.length }
}

/** Films of each label in each part. @returns part → label → count; a part without films is left out */
export function partCounts({ films, labels }: Parted): [part: Part, counts: number[]][] {
  const counts = PARTS.map((part): [Part, number[]] => [
    part,
    labels.map((label) => films.filter((film) => film.split === part && film.label === label).length),
  ])
  return counts.filter(([, row]) => row.some((count) => count > 0))
}

/** Writes the parts as a set: a folder for each, class folders in them, a manifest with the column `split`, and one of each part.
 *  @throws what writeSet throws */
export async function writeParts(
  out: string,
  { films }: Parted,
  { copy, hashNames, key }: { copy: boolean; hashNames: boolean; key: Buffer | null },
): Promise<void> {
  const [nameOf, patientOf] = [fileNaming(hashNames, key), patientNaming(key)]
  const placed = films.map(({ path, label, patient, split }) => ({
    from: path,
    folders: [split, label],
    name: nameOf(path),
    label,
    patient: patientOf(patient),
    more: [split],
    list: `${split}.csv`,
  }))
  await writeSet(out, placed, { copy, columns: ['split'] })
}

/** Writes the parts as a manifest alone: the films stay where they are, and are named from the manifest's folder.
 *  @throws ROE_WRITE */
export async function writePartsManifest(
  file: string,
  { films }: Parted,
  { key }: { key: Buffer | null },
): Promise<void> {
  const patientOf = patientNaming(key)
  const rows = films.map(({ path, label, patient, split }) =>
    csvRow([relative(dirname(file), path).replaceAll(sep, '/'), label, patientOf(patient), split]),
  )
  await writeWhole(file, [csvRow([...MANIFEST_COLUMNS, 'split']), ...rows].join(''))
}
