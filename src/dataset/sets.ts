/** The table of published sets: which films each class is made of, by the numbered lines of docs/seeds.md. The next is a row. */

/** Rows of covid-chestxray's metadata.csv, by what their cells must say; what is not named may be anything. */
export interface RowFilter {
  /** Equal, or the last of parts with slashes between them, as later versions of the file have it
   *  (`Pneumonia/Viral/COVID-19`). `COVID-19, ARDS` is another finding. */
  finding: string
  modality?: string
  view?: string
}

export interface ClassSource {
  label: string
  /** Rows of the metadata, or a folder that an option of this name brings. */
  from: { rows: RowFilter } | { folder: FolderName }
  /** How many the text takes: so many, all that there are, or as many as the first class has. */
  count: number | 'all' | 'as the first'
  /** How many it had. */
  published: number
  /** Which: drawn by the seed, or the first in the order of the source. */
  draw: 'sample' | 'first'
}

export type FolderName = 'normal' | 'pneumonia'

interface PublishedSet {
  /** Line of docs/seeds.md. */
  source: string
  describe: string
  classes: readonly ClassSource[]
}

const XRAY = { finding: 'COVID-19', modality: 'X-ray' } as const
const sampled = (label: FolderName, count: number): ClassSource => ({
  label,
  from: { folder: label },
  count,
  published: count,
  draw: 'sample',
})

export const SETS = {
  ryan: {
    source: 'S0.1',
    describe: '102 COVID-19 X-rays, with as many normal and pneumonia films of the Kaggle set (P. Ryan)',
    classes: [
      { label: 'covid', from: { rows: XRAY }, count: 102, published: 102, draw: 'sample' },
      sampled('normal', 102),
      sampled('pneumonia', 102),
    ],
  },
  apostolopoulos: {
    source: 'S1.1',
    describe: '224 COVID-19 X-rays, 504 normal and 700 pneumonia films (Apostolopoulos and Bessiana)',
    classes: [
      { label: 'covid', from: { rows: XRAY }, count: 224, published: 224, draw: 'sample' },
      sampled('normal', 504),
      sampled('pneumonia', 700),
    ],
  },
  hansen: {
    source: 'S2.1',
    describe: 'all COVID-19 X-rays seen from the front (PA), and the first normal films of RSNA (C. Hansen)',
    classes: [
      { label: 'covid', from: { rows: { ...XRAY, view: 'PA' } }, count: 'all', published: 99, draw: 'first' },
      {
        label: 'normal',
        from: { folder: 'normal' },
        count: 'as the first',
        published: 99,
        draw: 'first',
      },
    ],
  },
  rosebrock: {
    source: 'S4.1',
    describe: 'all COVID-19 films seen from the front (PA), and as many normal ones (A. Rosebrock)',
    classes: [
      {
        label: 'covid',
        from: { rows: { finding: 'COVID-19', view: 'PA' } },
        count: 'all',
        published: 25,
        draw: 'first',
      },
      {
        label: 'normal',
        from: { folder: 'normal' },
        count: 'as the first',
        published: 25,
        draw: 'sample',
      },
    ],
  },
} as const satisfies Record<string, PublishedSet>

export type SetName = keyof typeof SETS

/** A row by its name, in the type that all rows share. */
export const publishedSet = (name: SetName): PublishedSet => SETS[name]
