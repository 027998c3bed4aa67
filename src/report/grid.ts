/** A grid of small pictures with a line of text above each, in blocks with headings: sample films, before and after, maps. */
import { escapeHtml, RESEARCH_ONLY } from './page.ts'
import { type Picture, pictureOf } from './plot.ts'

export interface GridCell {
  /** A PNG or JPEG; null leaves the place empty. */
  image: Uint8Array | null
  /** Its size in pixels, of which the ratio counts. */
  width: number
  height: number
  /** One short line; what does not fit is cut by an ellipsis. */
  caption?: string
  /** Of the caption. */
  colour?: string
}

export interface GridBlock {
  heading: string
  cells: readonly GridCell[]
}

interface GridOptions {
  title: string
  /** At most. */
  columns: number
  /** Pixels of a cell's picture, at most; a PNG of the grid has twice as many. */
  side?: number
}

const GAP = 8
const HEADING = 26
const CAPTION = 16
/** Of a letter of the caption, on average. */
const LETTER = 5.6

/** Draws the blocks below each other; `research use only` stands below them all. */
export function gridPicture(
  blocks: readonly GridBlock[],
  { title, columns: most, side = 112 }: GridOptions,
): Picture {
  const columns = Math.min(most, Math.max(1, ...blocks.map(({ cells }) => cells.length)))
  const width = GAP + Math.max(MOST_NARROW, columns * (side + GAP))
  let y = 2 * HEADING
  const parts = [text(title, width / 2, HEADING, 'font-size="15" font-weight="bold"')]
  for (const { heading, cells } of blocks) {
    parts.push(text(heading, GAP, y + 14, 'text-anchor="start" font-weight="bold"'))
    y += HEADING
    const above = cells.some(({ caption }) => caption !== undefined) ? CAPTION : 0
    const row = above + side + GAP
    for (const [index, cell] of cells.entries()) {
      const place = { x: GAP + (index % columns) * (side + GAP), y: y + Math.floor(index / columns) * row }
      parts.push(cellSvg(cell, place, { side, above }))
    }
    y += Math.ceil(cells.length / columns) * row
  }
  parts.push(text(RESEARCH_ONLY, width / 2, y + 14, 'font-size="11"'))
  return pictureOf(parts.join(''), width, y + HEADING)
}

/** Pixels that the title and the last line need. */
const MOST_NARROW = 320

/** @param above  pixels for the captions of the block; 0 where none has one */
function cellSvg(
  cell: GridCell,
  { x, y }: { x: number; y: number },
  { side, above }: { side: number; above: number },
): string {
  const { caption, colour = '#222222', image } = cell
  const most = Math.floor(side / LETTER)
  const line =
    caption === undefined
      ? ''
      : text(cut(caption, most), x + side / 2, y + 11, `font-size="10" fill="${colour}"`)
  const top = y + above
  if (image === null)
    return `${line}<rect x="${x + 0.5}" y="${top + 0.5}" width="${side - 1}" height="${side - 1}" fill="none" stroke="#999999" stroke-dasharray="4 4"/>`
  const scale = side / Math.max(cell.width, cell.height)
  const [width, height] = [cell.width * scale, cell.height * scale]
  // Below the captions; without any in the middle.
  const down = above === 0 ? (side - height) / 2 : 0
  const place = [x + (side - width) / 2, top + down, width, height].map((n) => n.toFixed(2))
  const type = image[0] === 0x89 ? 'png' : 'jpeg'
  return `${line}<image x="${place[0]}" y="${place[1]}" width="${place[2]}" height="${place[3]}" preserveAspectRatio="none" href="data:image/${type};base64,${Buffer.from(image).toString('base64')}"/>`
}

const text = (content: string, x: number, y: number, attributes: string): string =>
  `<text x="${x}" y="${y}" ${attributes}>${escapeHtml(content)}</text>`

function cut(line: string, most: number): string {
  const letters = [...line]
  return letters.length <= most ? line : `${letters.slice(0, most - 1).join('')}…`
}
