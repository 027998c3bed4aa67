/** Pictures of a set: sample films of each class (S0.8), films before and after a rule for black bars (S2.3), and one film of
 *  each class in the changes that training makes (S2.4). */
import type { RoentgenError } from '../../errors.ts'
import { deriveSeed, seededRandom, shuffled } from '../../random.ts'
import { atOnce } from '../data/at-once.ts'
import { asResult } from '../data/fingerprint.ts'
import type { LabelledSet } from '../data/labelled.ts'
import { removeBars } from '../image/bars.ts'
import { type Change, changeFilm } from '../image/change.ts'
import { decodeFilm } from '../image/decode.ts'
import { encodePng } from '../image/encode.ts'
import type { BarRule, Film, Pixels } from '../image/film.ts'
import { preprocess } from '../image/preprocess.ts'
import { type GridBlock, type GridCell, gridPicture } from '../report/grid.ts'
import type { Picture } from '../report/plot.ts'

export interface GridOptions {
  /** Films of each class; the grid's own number where not given. */
  perClass?: number | undefined
  rule: BarRule
  /** Draws the films. */
  seed: number
}

interface Grid {
  describe: string
  columns: number
  perClass: number
  title: (options: GridOptions) => string
  /** The pictures of a film. */
  cellsOf: (film: Sample, options: GridOptions) => Promise<GridCell[]>
  /** @param films  the pictures of each */
  blocks: (label: string, films: readonly GridCell[][]) => GridBlock[]
}

/** A film that was drawn, or why it cannot be shown. */
type Sample = Film | RoentgenError

/** Changes as S2.4 lists them; what a turn brings in from beyond the border is black. */
const CHANGES: readonly [name: string, change: Change][] = [
  ['as it is', {}],
  ['contrast × 2', { contrast: 2 }],
  ['saturation × 3', { saturation: 3 }],
  ['flipped left-right', { flipX: true }],
  ['flipped up-down', { flipY: true }],
  ['flipped both ways', { flipX: true, flipY: true }],
  ...[45, 135, 225, 315].map((degrees): [string, Change] => [
    `turned by ${degrees}°`,
    { rotationDegrees: degrees, fill: 'constant' },
  ]),
]

export const GRIDS = {
  samples: {
    describe: 'films of each class',
    columns: 8,
    perClass: 8,
    title: () => 'Sample films of each class',
    cellsOf: async (film) => [await cellOf(film, (same) => same)],
    blocks: (label, films) => [{ heading: label, cells: films.flat() }],
  },
  bars: {
    describe: 'films of each class before and after black bars are removed',
    columns: 10,
    perClass: 40,
    title: ({ rule }) => `Before and after black bars are removed (${rule})`,
    cellsOf: async (film, { rule }) => [
      await cellOf(film, (same) => same),
      await cellOf(film, (seen) => removeBars(seen, rule)),
    ],
    blocks: (label, films) =>
      ['before', 'after'].map((when, i) => ({
        heading: `${label}, ${when}`,
        cells: films.map((cells) => cells[i]!),
      })),
  },
  augmentations: {
    describe: 'a film of each class in the changes of S2.4',
    columns: 5,
    perClass: 1,
    title: () => 'Films and their changes',
    cellsOf: changesOf,
    blocks: (label, films) => films.map((cells) => ({ heading: label, cells })),
  },
} as const satisfies Record<string, Grid>

export type GridName = keyof typeof GRIDS

/** Draws a grid of films that the seed chooses, the same films whatever is shown of them. */
export async function gridOf(set: LabelledSet, name: GridName, options: GridOptions): Promise<Picture> {
  const grid: Grid = GRIDS[name]
  const perClass = options.perClass ?? grid.perClass
  const blocks: GridBlock[] = []
  for (const label of set.labels) {
    const films = set.films.filter((film) => film.label === label)
    const drawn = shuffled(films, seededRandom(deriveSeed(options.seed, label))).slice(0, perClass)
    // No more films are in memory than are decoded at a time.
    const cells = await atOnce(drawn, async ({ path }) =>
      grid.cellsOf(await decodeFilm(path).catch(asResult), options),
    )
    blocks.push(...grid.blocks(label, cells))
  }
  return gridPicture(blocks, { title: grid.title(options), columns: grid.columns, side: SIDE })
}

/** Pixels of a cell, and of the pictures in it: a PNG of the grid has twice as many as the cell. */
const SIDE = 112
const DETAIL = 2 * SIDE

/** What cannot be shown is an empty place with the reason. */
async function cellOf(film: Sample, change: (film: Film) => Film): Promise<GridCell> {
  try {
    if (film instanceof Error) throw film
    return await shown(smaller(change(film)))
  } catch (error) {
    const { code } = asResult(error)
    return { image: null, width: 1, height: 1, caption: REFUSED[code] ?? 'cannot be read' }
  }
}

const REFUSED: Readonly<Record<string, string>> = {
  ROE_BARS_NOT_SQUARE: 'not square: rejected',
  ROE_BARS_ALL_BLACK: 'all black: rejected',
}

async function changesOf(film: Sample): Promise<GridCell[]> {
  if (film instanceof Error) return [await cellOf(film, (same) => same)]
  const small = smaller(film)
  return Promise.all(
    CHANGES.map(async ([caption, change]) => ({ ...(await shown(changeFilm(small, change))), caption })),
  )
}

const shown = async (pixels: Pixels): Promise<GridCell> => ({
  image: await encodePng(pixels),
  width: pixels.width,
  height: pixels.height,
})

/** A film of 8 bits whose longer side fills a cell. */
function smaller(film: Film): Pixels {
  const scale = DETAIL / Math.max(film.width, film.height)
  const [width, height] = [film.width, film.height].map((side) => Math.max(1, Math.round(side * scale)))
  return preprocess(film, {
    version: 1,
    steps: [
      { op: 'window' },
      { op: 'fit', how: 'stretch', width: width!, height: height!, kernel: 'pil-bilinear' },
    ],
  })
}
