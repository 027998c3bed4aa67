/** Pictures of pixels on one white sheet, with lines of text, as PNG. Letters are drawn with whatever font the machine calls
 *  sans-serif (png.ts). */
import sharp from 'sharp'
import { escapeHtml } from './page.ts'

/** RGB, 8 bits, row-major. */
export interface Tile {
  /** Pixels from the upper left. */
  x: number
  y: number
  width: number
  height: number
  pixels: Uint8Array
}

export interface Caption {
  text: string
  /** Of its middle, and of its baseline. */
  x: number
  y: number
  /** Pixels; smaller where the text would be wider than `most`. */
  size: number
  most: number
  /** As CSS says it; black unless given. */
  colour?: string
}

export interface Sheet {
  width: number
  height: number
  tiles: readonly Tile[]
  captions: readonly Caption[]
}

/** The sheet as an opaque PNG, pixel for pixel. */
export async function sheetPng({ width, height, tiles, captions }: Sheet): Promise<Uint8Array> {
  const pixels = new Uint8Array(width * height * 3).fill(255)
  for (const tile of tiles)
    for (let row = 0; row < tile.height; row++)
      pixels.set(
        tile.pixels.subarray(row * tile.width * 3, (row + 1) * tile.width * 3),
        ((tile.y + row) * width + tile.x) * 3,
      )
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" text-anchor="middle">${captions.map(svgText).join('')}</svg>`
  // See png.ts: films are recognized before a loader sees them.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] })
  return sharp(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .composite([{ input: Buffer.from(text), limitInputPixels: false }])
    .removeAlpha()
    .png({ compressionLevel: 6 })
    .toBuffer()
}

/** Width of a letter, as a share of its size, at most but for capitals. */
const LETTER = 0.6

function svgText({ text, x, y, size, most, colour = '#000000' }: Caption): string {
  const fitting = Math.min(size, most / (LETTER * Math.max(1, [...text].length)))
  return `<text x="${x}" y="${y}" font-size="${fitting.toFixed(1)}" fill="${colour}">${escaped(text)}</text>`
}

/** Without what XML forbids. */
const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out
  escapeHtml(text.replace(/[\u0000-\u001f\ufffe\uffff]/g, ' '))
