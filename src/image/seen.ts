/** Where on a film a model looks: what its preprocessing does to places, as opposed to pixels. Of the rule `hansen`, which may
 *  take lines out of the middle, it knows only how many went on each side. */
import type { Bars, Preprocessing } from './film.ts'
import { type Frame, frameOf, type Size } from './resize.ts'

/** The part of the plane that fills a model's input.
 *  @param bars  what the preprocessing took as bars (Prepared)
 *  @returns in pixels of the film, from its upper left corner; it reaches beyond a film that is padded */
export function seenFrame(film: Size, bars: Bars | null, { steps }: Preprocessing): Frame {
  let seen: Frame = { x: 0, y: 0, width: film.width, height: film.height }
  let size: Size = film
  for (const step of steps) {
    if (step.op === 'bars' && bars !== null) {
      const inner = withoutBars(size, bars)
      seen = partOf(seen, size, inner)
      size = inner
    }
    if (step.op === 'fit') {
      seen = partOf(seen, size, frameOf(size, step))
      size = step
    }
  }
  return seen
}

const withoutBars = ({ width, height }: Size, { left, top, right, bottom }: Bars): Frame => ({
  x: left,
  y: top,
  width: width - left - right,
  height: height - top - bottom,
})

/** A part of a picture, where the picture of this size shows `seen`. */
function partOf(seen: Frame, { width, height }: Size, part: Frame): Frame {
  const [across, down] = [seen.width / width, seen.height / height]
  return {
    x: seen.x + part.x * across,
    y: seen.y + part.y * down,
    width: part.width * across,
    height: part.height * down,
  }
}
