/** Resizes uint8 films with the kernels of kernels.ts; and fits them into a frame of another
 *  aspect ratio. A frame larger than the film is black around it and is never built: its pixels weigh nothing. */
import assert from 'node:assert'
import type { Kernel, Pixels, Step } from './film.ts'
import { RESAMPLERS, type Taps, tapsOf } from './kernels.ts'
import { resamplePlain } from './resample-plain.ts'
import { resampleSimd } from './resample-simd.ts'

/** The part of the plane that is resized, in pixels of the film; it may reach beyond the film, or cut it. */
interface Frame {
  x: number
  y: number
  width: number
  height: number
}

type FitStep = Extract<Step, { op: 'fit' }>

/** Resizes a film, ignoring its aspect ratio.
 *  @param pixels  uint8, 1 or 3 channels   @param target  width and height >= 1 in pixels
 *  @returns the pixels that the kernel's library gives, within one grey level */
export function resize(pixels: Pixels, target: { width: number; height: number; kernel: Kernel }): Pixels {
  return resample(pixels, target, { x: 0, y: 0, width: pixels.width, height: pixels.height })
}

/** How a film of any aspect ratio fills the target: the frame that is resized to it, always of the target's ratio
 *  but for 'stretch', and centred. */
const FRAMES: { [How in FitStep['how']]: (film: Pixels, target: FitStep) => Frame } = {
  stretch: ({ width, height }) => ({ x: 0, y: 0, width, height }),
  pad: (film, target) => centred(film, target, Math.max),
  crop: (film, target) => centred(film, target, Math.min),
}

/** Resizes a film into a given size: 'stretch' ignores its aspect ratio, 'pad' puts it on black of the target's ratio
 *  first, 'crop' cuts it to that ratio first. */
export function fitInto(pixels: Pixels, step: FitStep): Pixels {
  return resample(pixels, step, FRAMES[step.how](pixels, step))
}

function centred(film: Pixels, target: FitStep, choose: (a: number, b: number) => number): Frame {
  const ratio = target.width / target.height
  const width = Math.max(1, choose(film.width, Math.round(film.height * ratio)))
  const height = Math.max(1, choose(film.height, Math.round(film.width / ratio)))
  return { x: Math.floor((film.width - width) / 2), y: Math.floor((film.height - height) / 2), width, height }
}

function resample(
  film: Pixels,
  target: { width: number; height: number; kernel: Kernel },
  frame: Frame,
): Pixels {
  const { width, height, kernel } = target
  assert(width >= 1 && height >= 1, `a film is resized to at least one pixel, not ${width} x ${height}`)
  const row = RESAMPLERS[kernel]
  const grows = frame.width < width || frame.height < height
  const resampler = grows ? (row.growing ?? row) : row
  const across = cut(tapsOf(resampler, { size: frame.width, target: width }), frame.x, film.width)
  const down = cut(tapsOf(resampler, { size: frame.height, target: height }), frame.y, film.height)
  const pixels = resampleSimd(film, across, down, resampler) ?? resamplePlain(film, across, down, resampler)
  return { width, height, channels: film.channels, pixels }
}

/** Moves taps from the frame to the film; those outside the film meet black and go. */
function cut({ starts, ends, offsets, weights }: Taps, shift: number, size: number): Taps {
  for (let i = 0; i < starts.length; i++) {
    const start = Math.min(Math.max(starts[i]! + shift, 0), size)
    offsets[i] = offsets[i]! + start - (starts[i]! + shift)
    starts[i] = start
    ends[i] = Math.min(Math.max(ends[i]! + shift, start), size)
  }
  return { starts, ends, offsets, weights }
}
