/** Activation maps as pictures: over the film as it is, over what the model saw of it, and many on one sheet (S3.6). */
import { decodeFilm } from '../image/decode.ts'
import type { Film, Pixels, Preprocessing } from '../image/film.ts'
import { preprocess } from '../image/preprocess.ts'
import { type Frame, resize } from '../image/resize.ts'
import { RESEARCH_ONLY } from '../report/page.ts'
import { type Caption, sheetPng, type Tile } from '../report/tiles.ts'
import type { MappedFilm } from './maps.ts'
import { type ActivationMap, overlay } from './overlay.ts'

/** What is written above a film. */
export interface Title {
  text: string
  colour: string
}

/** S3.6: green where right, red where wrong; black where nobody knows.
 *  @param actual  the film's label; null where it is not known */
export function titleOf({ predicted, label }: MappedFilm, actual: string | null): Title {
  const said = actual === null ? `Prediction: ${predicted}` : `Predictions: ${predicted}/ Real: ${actual}`
  const colour = actual === null ? BLACK : predicted === actual ? GREEN : RED
  return { text: label === predicted ? said : `${said} (map of ${label})`, colour }
}

const [BLACK, GREEN, RED] = ['#000000', '#008000', '#c00000']

export interface FilmPictures {
  /** Over the film, pixel for pixel; a small one is enlarged, see `legible`. */
  film: Uint8Array
  /** Over what the model saw. */
  seen: Uint8Array
  /** What the model saw, with the map, as small as on a sheet of many. */
  tile: Pixels
}

/** @param path  what the film is opened by   @throws what decoding throws */
export async function picturesOf(
  path: string,
  mapped: MappedFilm,
  preprocessing: Preprocessing,
  title: Title,
): Promise<FilmPictures> {
  const film = await decodeFilm(path)
  const { frame, map } = mapped
  const seen = preprocess(film, preprocessing)
  return {
    film: await titledPng(legible(shown(film, preprocessing), map, frame), title),
    seen: await titledPng(legible(seen, map, whole(seen)), title),
    tile: tileOf(seen, mapped),
  }
}

/** The film as 8 bits, windowed as the model's are. */
function shown(film: Film, { steps }: Preprocessing): Pixels {
  const windows = steps.filter(({ op }) => op === 'window')
  return preprocess(film, { version: 1, steps: windows.length === 0 ? [{ op: 'window' }] : windows })
}

const whole = ({ width, height }: Pixels) => ({ x: 0, y: 0, width, height })

/** A map over a picture. A small picture would be lost under its title: the least whole factor enlarges it until its longer
 *  side is as long as a title needs, each pixel to a square. */
function legible(picture: Pixels, map: ActivationMap, { x, y, width, height }: Frame): Pixels {
  const by = Math.ceil(TITLE.least / Math.max(picture.width, picture.height))
  const size = { width: picture.width * by, height: picture.height * by }
  const large = by === 1 ? picture : resize(picture, { ...size, kernel: 'keras-nearest' })
  return overlay(large, map, { x: x * by, y: y * by, width: width * by, height: height * by })
}

/** Pixels. */
const TITLE = { height: 26, size: 16, least: 360 }
const FOOT = { height: 18, size: 12 }

/** A picture below its title. */
function titledPng({ width, height, pixels }: Pixels, { text, colour }: Title): Promise<Uint8Array> {
  const across = Math.max(width, TITLE.least)
  const sheet = { width: across, height: TITLE.height + height + FOOT.height }
  const tile = { x: Math.floor((across - width) / 2), y: TITLE.height, width, height, pixels }
  const title = { text, x: across / 2, y: TITLE.height - 8, size: TITLE.size, most: across - 8, colour }
  return sheetPng({ ...sheet, tiles: [tile], captions: [title, footOf(sheet)] })
}

const footOf = ({ width, height }: { width: number; height: number }): Caption => ({
  ...{ text: RESEARCH_ONLY, x: width / 2, y: height - 5, size: FOOT.size, most: width - 8 },
})

/** Films a side. Published. */
const SIDE = 5
export const GRID_FILMS = SIDE * SIDE

/** Pixels of a film's longer side, around it, and for the title above it. */
const CELL = { side: 196, gap: 10, title: 20 }

function tileOf(seen: Pixels, { map }: MappedFilm): Pixels {
  const shrink = CELL.side / Math.max(seen.width, seen.height)
  const [width, height] = [seen.width, seen.height].map((side) => Math.max(1, Math.round(side * shrink)))
  const small = resize(seen, { width: width!, height: height!, kernel: 'cv2-linear' })
  return overlay(small, map, whole(small))
}

/** Up to 25 films, five in a row. */
export function gridPng(films: readonly { tile: Pixels; title: Title }[]): Promise<Uint8Array> {
  const rows = Math.ceil(films.length / SIDE)
  const pitch = { x: CELL.side + CELL.gap, y: CELL.side + CELL.title + CELL.gap }
  const size = { width: SIDE * pitch.x + CELL.gap, height: rows * pitch.y + CELL.gap + FOOT.height }
  const placed = films.map(({ tile, title }, i): { tile: Tile; caption: Caption } => {
    const [x, y] = [CELL.gap + (i % SIDE) * pitch.x, CELL.gap + Math.floor(i / SIDE) * pitch.y]
    const middle = x + Math.floor((CELL.side - tile.width) / 2)
    return {
      tile: { ...tile, x: middle, y: y + CELL.title },
      caption: { ...title, x: x + CELL.side / 2, y: y + CELL.title - 6, size: 13, most: pitch.x - 4 },
    }
  })
  const captions = [...placed.map(({ caption }) => caption), footOf(size)]
  return sheetPng({ ...size, tiles: placed.map(({ tile }) => tile), captions })
}
