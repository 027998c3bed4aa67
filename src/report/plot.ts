/** Plots as SVG text, drawn by Observable Plot on a document that is no browser's. Colours, fonts and sizes that all
 *  pictures of a report share are here. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** Generic, so that a picture does not depend on which fonts a machine has by name. */
const FONT = 'sans-serif'
const INK = '#222222'

/** From Okabe & Ito's palette, told apart by colour-blind readers too. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'] as const

/** An SVG picture; `svg` is one whole <svg> element on white. */
export interface Picture {
  svg: string
  /** Pixels. */
  width: number
  height: number
}

/** Draws one plot.
 *  @param options  what Plot.plot takes; not its `title` or legends, which would be HTML (see `heading`, `legend`) */
export function plotPicture(options: Plot.PlotOptions & { width: number; height: number }): Picture {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const figure = Plot.plot({
    ...options,
    document,
    // Plot names its class at random unless told.
    className: 'plot',
    style: { fontFamily: FONT, fontSize: '12px', color: INK },
  })
  // Plot numbers what it clips by through the whole process.
  const content = figure.innerHTML.replace(/plot-clip-\d+/g, 'plot-clip')
  return pictureOf(content, options.width, options.height)
}

/** Pictures side by side, or below each other. */
export function joined(pictures: readonly Picture[], direction: 'row' | 'column'): Picture {
  const isRow = direction === 'row'
  let at = 0
  const placed = pictures.map(({ svg, width, height }) => {
    const text = `<g transform="translate(${isRow ? `${at},0` : `0,${at}`})">${svg}</g>`
    at += isRow ? width : height
    return text
  })
  const across = Math.max(...pictures.map(({ width, height }) => (isRow ? height : width)))
  return pictureOf(placed.join(''), isRow ? at : across, isRow ? across : at)
}

/** A picture of one's own SVG elements, in the fonts and colours of all. @param content  escaped */
export const pictureOf = (content: string, width: number, height: number): Picture => ({
  svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="12" text-anchor="middle" fill="${INK}" color="${INK}"><rect width="${width}" height="${height}" fill="#ffffff"/>${content}</svg>`,
  width,
  height,
})

/** Marks that write a title above the plot, in the top margin, with a smaller line below it. */
export const heading = (title: string, line = ''): Plot.Markish[] => [
  Plot.text([title], { frameAnchor: 'top', dy: line === '' ? -22 : -34, fontSize: 15, fontWeight: 'bold' }),
  Plot.text([line], { frameAnchor: 'top', dy: -17 }),
]

/** Marks of a legend inside the frame, at the lower left or right. */
export function legend(
  entries: readonly { name: string; colour: string }[],
  corner: 'bottom-left' | 'bottom-right',
): Plot.Markish[] {
  const side = corner === 'bottom-left' ? 1 : -1
  return entries.flatMap(({ name, colour }, i) => {
    const dy = -12 - 17 * (entries.length - 1 - i)
    const place = { frameAnchor: corner, dy } as const
    const swatch = { ...place, dx: 14 * side, r: 5, symbol: 'square', fill: colour } as const
    const label = { ...place, dx: 26 * side, dy: dy + 4, stroke: 'white', strokeWidth: 4, fill: INK } as const
    return [Plot.dot([null], swatch), Plot.text([name], label)]
  })
}
