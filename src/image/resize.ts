/** Resizes uint8 films with the kernels of kernels.ts; and fits them into a frame of another
 *  aspect ratio. A frame larger than the film is black around it and is never built: its pixels weigh nothing. */
import assert from 'node:assert'
import type { Kernel, Pixels, Step } from './film.ts'
import { RESAMPLERS, type Resampler, type Taps, tapsOf } from './kernels.ts'
import { resamplePlain } from './resample-plain.ts'
import { resampleSimd } from './resample-simd.ts'

export interface Size {
  width: number
  height: number
}

/** The part of the plane that is resized, in pixels of the film; it may reach beyond the film, or cut it. */
export interface Frame extends Size {
  x: number
  y: number
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
const FRAMES: { [How in FitStep['how']]: (film: Size, target: FitStep) => Frame } = {
  stretch: ({ width, height }) => ({ x: 0, y: 0, width, height }),
  pad: (film, target) => centred(film, target, Math.max),
  crop: (film, target) => centred(film, target, Math.min),
}

/** Resizes a film into a given size: 'stretch' ignores its aspect ratio, 'pad' puts it on black of the target's ratio
 *  first, 'crop' cuts it to that ratio first. */
export function fitInto(pixels: Pixels, step: FitStep): Pixels {
  return resample(pixels, step, frameOf(pixels, step))
}

/** The part of the plane that `fitInto` resizes. */
export const frameOf = (film: Size, step: FitStep): Frame => FRAMES[step.how](film, step)

function centred(film: Size, target: FitStep, choose: (a: number, b: number) => number): Frame {
  const ratio = target.width / target.height
  const width = Math.max(1, choose(film.width, Math.round(film.height * ratio)))
  const height = Math.max(1, choose(film.height, Math.round(film.width / ratio)))
  return { x: Math.floor((film.width - width) / 2), y: Math.floor((film.height - height) / 2), width, height }
}

function resample(film: Pixels, target: Size & { kernel: Kernel }, frame: Frame): Pixels {
  const { width, height } = target
  assert(width >= 1 && height >= 1, `a film is resized to at least one pixel, not ${width} x ${height}`)
  const { resampler, across, down } = prepared(film, target, frame)
  const pixels = resampleSimd(film, across, down, resampler) ?? resamplePlain(film, across, down, resampler)
  return { width, height, channels: film.channels, pixels }
}

interface Prepared {
  resampler: Resampler
  across: Taps
  down: Taps
}

/** The films of one machine have few sizes, and a model one: what was prepared last serves most of them. */
const MOST_PREPARED = 512
const known = new Map<string, Prepared>()

function prepared(film: Size, target: Size & { kernel: Kernel }, frame: Frame): Prepared {
  const { x, y, width, height } = frame
  const sizes = [film.width, film.height, x, y, width, height, target.width, target.height]
  const key = `${target.kernel} ${sizes}`
  const found = known.get(key)
  if (found !== undefined) return found
  if (known.size >= MOST_PREPARED) known.clear()
  const row = RESAMPLERS[target.kernel]
  const grows = width < target.width || height < target.height
  const resampler = grows ? (row.growing ?? row) : row
  const across = cut(tapsOf(resampler, { size: width, target: target.width }), x, film.width)
  const down = cut(tapsOf(resampler, { size: height, target: target.height }), y, film.height)
  const made = { resampler, across, down }
  known.set(key, made)
  return made
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
