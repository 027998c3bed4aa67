/** Made-up chest films for the demo and the tests: a patient of phantom-anatomy.ts, turned and exposed at random, with
 *  noise and, on some films, black bars and a lead letter. Both classes get all of it alike: only the opacities differ,
 *  so brightness, bars and letters tell nothing. No real film is in it. */

import { seededRandom } from '../../random.ts'
import type { Film } from './film.ts'
import { densityAt, makePatient, type Patient } from './phantom-anatomy.ts'

export interface PhantomOptions {
  /** Any integer; the same gives the same film. */
  seed: number
  /** Whether there are opacities in the lungs. */
  positive: boolean
  /** Width and height in pixels; 256 unless given. */
  size?: number
  /** Factor of the density of the opacities; 1, as faint as early pneumonia, unless given. */
  conspicuity?: number
}

/** A circle on the film, in pixels. */
interface Circle {
  x: number
  y: number
  radius: number
}

export interface Phantom {
  /** 8 bits, one channel. */
  film: Film & { channels: 1; pixels: Uint8Array }
  /** Where the opacities are; none on a negative film. */
  opacities: Circle[]
}

/** How the patient stands before the film: body coordinates = turned (film coordinates - shift) / zoom. */
interface Pose {
  angle: number
  zoom: number
  shiftX: number
  shiftY: number
}

/** How the film is exposed: grey = offset + gain * density ^ gamma, then noise of this amplitude. */
interface Exposure {
  gain: number
  offset: number
  gamma: number
  noise: number
}

/** Makes one film. */
export function phantomFilm({ seed, positive, size = 256, conspicuity = 1 }: PhantomOptions): Phantom {
  const random = seededRandom(seed)
  const between = (low: number, high: number): number => low + (high - low) * random()
  const pose: Pose = {
    angle: between(-0.09, 0.09),
    zoom: between(1.02, 1.2),
    shiftX: between(-0.07, 0.07),
    shiftY: between(-0.06, 0.1),
  }
  const exposure: Exposure = {
    gain: between(0.8, 1.2),
    offset: between(0, 0.1),
    gamma: between(0.85, 1.25),
    noise: between(0.015, 0.05),
  }
  const bars = random() < 0.3 ? { x: between(0, 0.12), y: between(0, 0.12) } : { x: 0, y: 0 }
  const hasLetter = random() < 0.5
  const patient = makePatient(random, positive, conspicuity)
  const pixels = new Uint8Array(size * size)
  paint(pixels, size, patient, pose, exposure, random)
  if (hasLetter) stampLetter(pixels, size)
  paintBars(pixels, size, bars)
  return {
    film: { width: size, height: size, channels: 1, bits: 8, pixels, source: `phantom ${seed}` },
    opacities: patient.opacities.map((opacity) => circleOf(opacity, pose, size)),
  }
}

function paint(
  pixels: Uint8Array,
  size: number,
  patient: Patient,
  { angle, zoom, shiftX, shiftY }: Pose,
  { gain, offset, gamma, noise }: Exposure,
  random: () => number,
): void {
  const [cos, sin] = [Math.cos(angle) / zoom, Math.sin(angle) / zoom]
  for (let row = 0; row < size; row++) {
    const v = ((row + 0.5) / size) * 2 - 1 - shiftY
    for (let column = 0; column < size; column++) {
      const u = ((column + 0.5) / size) * 2 - 1 - shiftX
      const density = Math.max(0, densityAt(patient, cos * u + sin * v, cos * v - sin * u))
      const grain = (random() + random() - 1) * noise
      const grey = offset * Math.min(1, density * 4) + gain * density ** gamma + grain
      pixels[row * size + column] = Math.round(Math.min(Math.max(grey, 0), 1) * 255)
    }
  }
}

/** From body coordinates to pixels of the film: the pose backwards. */
function circleOf({ x, y, radius }: Circle, { angle, zoom, shiftX, shiftY }: Pose, size: number): Circle {
  const [cos, sin] = [Math.cos(angle) * zoom, Math.sin(angle) * zoom]
  const pixel = (value: number): number => ((value + 1) / 2) * size - 0.5
  return {
    x: pixel(cos * x - sin * y + shiftX),
    y: pixel(sin * x + cos * y + shiftY),
    radius: (radius * zoom * size) / 2,
  }
}

/** Black bars above and below, or beside, with the slight grain of a scan. @param bars  shares of the film, a side */
function paintBars(pixels: Uint8Array, size: number, bars: { x: number; y: number }): void {
  const [across, down] = [Math.round(bars.x * size), Math.round(bars.y * size)]
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (x < across || x >= size - across || y < down || y >= size - down)
        pixels[y * size + x] = (x * 7 + y * 13) % 4
}

const LETTER = ['#....', '#....', '#....', '#....', '#....', '#####']

/** The lead "L" beside the patient's left shoulder. */
function stampLetter(pixels: Uint8Array, size: number): void {
  const dot = Math.max(1, Math.round(size / 100))
  const [left, top] = [Math.round(size * 0.86), Math.round(size * 0.14)]
  for (const [row, line] of LETTER.entries())
    for (const [column, mark] of [...line].entries())
      if (mark === '#')
        for (let y = 0; y < dot; y++)
          pixels.fill(
            245,
            (top + row * dot + y) * size + left + column * dot,
            (top + row * dot + y) * size + left + (column + 1) * dot,
          )
}
