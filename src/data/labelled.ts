/** What a labelled film is, wherever its label comes from: class folders (folder.ts) or a CSV, of one label (manifest.ts) or
 *  of several findings a film (findings.ts). */

/** What is known of a film, label by label: 1, it has it; 0, it has not. What is unknown is not there. */
export type Findings = Readonly<Record<string, 0 | 1>>

export interface LabelledFilm {
  /** Where the film is, from the working folder (or absolute): unique, and the only key of a film.
   *  Bare file names recur in many class folders. */
  path: string
  /** Of a film with findings: those that it has, with | between them. */
  label: string
  /** In the order of the set's labels, where they do not exclude each other. */
  findings?: Findings
  /** null where nothing says whose film it is. */
  patient: string | null
  /** What the manifest's `split` column says, as it is; null without one. */
  split: string | null
}

export interface LabelledSet {
  /** In the order of their paths (folder) or of their rows (manifest). */
  films: LabelledFilm[]
  /** At least two: those that occur, sorted by code unit; of findings those that were asked for, in their order. */
  labels: string[]
  /** Files that lie beside the class folders and so have no label; empty for a manifest. */
  beside: string[]
  /** What the user should know about the reading, one sentence each. */
  notes: string[]
}

/** The labels that occur, sorted by code unit: the same on every machine. */
export const labelsOf = (films: readonly { label: string }[]): string[] =>
  [...new Set(films.map(({ label }) => label))].sort()

/** The films that may be trained on: those whose split is not `test`. What is left out is told in the notes, and so is
 *  how many patients are known. */
export function trainingPart(set: LabelledSet): LabelledSet {
  const films = set.films.filter(({ split }) => split?.trim().toLowerCase() !== 'test')
  const out = set.films.length - films.length
  const validating = films.filter(({ split }) => /^val(id|idation)?$/i.test(split?.trim() ?? '')).length
  const known = films.filter(({ patient }) => patient !== null)
  const patients = new Set(known.map(({ patient }) => patient)).size
  const notes = [
    ...set.notes,
    ...(out === 0 ? [] : [`left out, for their split is test: ${out} films`]),
    ...(validating === 0
      ? []
      : [
          `the split of ${validating} films is val: what validates is drawn anew, so they are trained on, too`,
        ]),
    known.length === 0
      ? 'patients: not known; films of one patient may stand on both sides of the split'
      : `patients: ${patients}, known of ${known.length} of ${films.length} films`,
  ]
  const labels = films.some(({ findings }) => findings !== undefined) ? set.labels : labelsOf(films)
  return { ...set, films, labels, notes }
}
