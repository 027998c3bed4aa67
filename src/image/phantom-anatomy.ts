/** The density of a made-up chest, as a function of a point: what phantom.ts turns, exposes and paints.
 *  Body coordinates: x from -1 (the patient's right, left on the film) to 1, y from -1 (neck) to 1. A density of 0 is
 *  air, 1 the densest bone. Proportions are drawn by eye after frontal chest films; nothing here is anatomy to learn. */
import assert from 'node:assert'

/** What differs from one made-up patient to the next; all but `noise` in body coordinates or as a factor. */
export interface Patient {
  /** Half width of the trunk. */
  trunk: number
  /** Lungs: half width, height of the domes of the diaphragm, how black. */
  lungWidth: number
  diaphragm: number
  aeration: number
  /** Heart: half width and how far it lies to the patient's left. */
  heartWidth: number
  heartShift: number
  /** Ribs: distance of one to the next, phase, brightness. */
  ribSpacing: number
  ribPhase: number
  ribContrast: number
  /** Vessels and other texture of the lungs, -1..1 at each point. */
  texture: (x: number, y: number) => number
  opacities: readonly Opacity[]
}

/** A soft cloud in a lung, as of pneumonia. Body coordinates. */
interface Opacity {
  x: number
  y: number
  radius: number
  density: number
}

/** @param random  numbers in [0, 1)   @param conspicuity  factor of the density of the opacities; 1 is subtle */
export function makePatient(random: () => number, positive: boolean, conspicuity: number): Patient {
  const between = (low: number, high: number): number => low + (high - low) * random()
  const patient: Patient = {
    trunk: between(0.78, 0.9),
    lungWidth: between(0.29, 0.34),
    diaphragm: between(0.38, 0.56),
    aeration: between(0.34, 0.44),
    heartWidth: between(0.24, 0.34),
    heartShift: between(0.06, 0.16),
    ribSpacing: between(0.155, 0.185),
    ribPhase: random(),
    ribContrast: between(0.05, 0.09),
    texture: smoothNoise(random),
    opacities: [],
  }
  return positive ? { ...patient, opacities: makeOpacities(random, patient, conspicuity) } : patient
}

/** One to three clouds, each well inside a lung and beside the heart. */
function makeOpacities(random: () => number, patient: Patient, conspicuity: number): Opacity[] {
  const count = 1 + Math.floor(random() * 3)
  const found: Opacity[] = []
  for (let tries = 0; found.length < count; tries++) {
    assert(tries < 10_000, 'a made-up lung has room for an opacity')
    const [x, y] = [(random() * 2 - 1) * 0.7, random() * 1.2 - 0.6]
    const radius = 0.12 + 0.08 * random()
    const density = conspicuity * (0.2 + 0.13 * random())
    const reach = 0.7 * radius
    const around = [
      lungOf(patient, x - reach, y),
      lungOf(patient, x + reach, y),
      lungOf(patient, x, y - reach),
      lungOf(patient, x, y + reach),
    ]
    if (Math.min(...around) > 0.8) found.push({ x, y, radius, density })
  }
  return found
}

/** 0 far below `edge`, 1 far above, smooth over `softness`. */
const step = (value: number, edge: number, softness: number): number => {
  const t = Math.min(Math.max((value - edge) / softness + 0.5, 0), 1)
  return t * t * (3 - 2 * t)
}

/** A bell of this width around 0; nothing beyond three widths, which spares most of the exponentials. */
const bump = (distance: number, width: number): number => {
  const t = distance / width
  return t * t > 9 ? 0 : Math.exp(-t * t)
}

/** Inside an ellipse: 1 in its middle, 0 on its border, negative outside. */
const ellipse = (x: number, y: number, width: number, height: number): number =>
  1 - Math.sqrt((x / width) ** 2 + (y / height) ** 2)

/** Half width of the body at a height: neck, shoulders, trunk. */
function halfWidth({ trunk }: Patient, y: number): number {
  const shoulders = step(y, -0.74, 0.3)
  return 0.2 + (trunk + 0.08 - 0.2) * shoulders - 0.08 * step(y, 0, 1.2)
}

const heartOf = ({ heartWidth, heartShift }: Patient, x: number, y: number): number =>
  step(ellipse(x - heartShift - 0.35 * (y - 0.24), y - 0.28, heartWidth, 0.36), 0, 0.3)

/** How much of a point is aerated lung, 0..1. */
function lungOf(patient: Patient, x: number, y: number, heart = heartOf(patient, x, y)): number {
  const beside = Math.abs(x) - 0.41
  const dome = patient.diaphragm + (x < 0 ? -0.04 : 0.02) + 0.9 * beside ** 2
  const side = ellipse(beside - 0.1 * y, y + 0.02, patient.lungWidth + 0.05, 0.78)
  const mediastinum = step(Math.abs(x), 0.12, 0.09)
  return step(side, 0, 0.16) * step(dome - y, 0, 0.05) * mediastinum * (1 - heart)
}

/** Ribs at a point: the back ones fall outwards, the front ones rise and are fainter. */
function ribsOf(patient: Patient, x: number, y: number): number {
  const away = Math.abs(x)
  const cage =
    step(ellipse(x, y - 0.02, 0.84, 0.95), 0, 0.08) * step(away, 0.08, 0.06) * step(0.6 - y, 0, 0.5)
  if (cage === 0) return 0
  const nearest = (height: number): number => {
    const t = height / patient.ribSpacing + patient.ribPhase
    return (t - Math.round(t)) * patient.ribSpacing
  }
  const back = bump(nearest(y - 0.55 * away + 0.62 * away * away * Math.sqrt(away)), 0.026)
  const front = bump(nearest(y + 0.1 - 0.75 * away * away), 0.03) * step(away, 0.3, 0.2)
  return cage * patient.ribContrast * (back + 0.5 * front)
}

function spineOf(x: number, y: number): number {
  const vertebrae = 0.5 + 0.5 * Math.cos(y * 34)
  return bump(x, 0.1) * (0.1 + 0.04 * vertebrae)
}

const clavicleOf = (x: number, y: number): number => {
  const away = Math.abs(x)
  return (
    0.12 *
    bump(y + 0.6 + 0.16 * away - 0.25 * (away - 0.4) ** 2, 0.035) *
    step(away, 0.1, 0.05) *
    step(0.75, away, 0.1)
  )
}

/** Density of the body at a point, 0..about 1. */
export function densityAt(patient: Patient, x: number, y: number): number {
  const width = halfWidth(patient, y)
  const body = step(width - Math.abs(x), 0, 0.04)
  if (body === 0) return 0
  const across = x / (width * 1.05)
  const soft = 0.3 + 0.26 * Math.sqrt(Math.max(0, 1 - across * across)) + 0.08 * step(y, 0.5, 0.4)
  const heart = heartOf(patient, x, y)
  const lung = lungOf(patient, x, y, heart)
  const bones = ribsOf(patient, x, y) + spineOf(x, y) + clavicleOf(x, y)
  const dense = soft + bones + 0.06 * heart
  return body * (lung === 0 ? dense : dense - aerationAt(patient, x, y, lung))
}

/** By how much air thins a point of the lungs: less at the vessels of the hilum, and in an opacity. */
function aerationAt(patient: Patient, x: number, y: number, lung: number): number {
  const hilum = bump(Math.abs(x) - 0.2, 0.16) * bump(y + 0.02, 0.26)
  const vessels = patient.texture(x, y) * (0.02 + 0.05 * hilum) + 0.07 * hilum
  let clouds = 0
  for (const cloud of patient.opacities) clouds += cloud.density * cloudOf(cloud, patient, x, y)
  return lung * (patient.aeration - vessels) - clouds * Math.min(1, lung * 1.5)
}

/** A cloud's share at a point: soft, with a border that the texture frays. */
function cloudOf({ x, y, radius }: Opacity, { texture }: Patient, px: number, py: number): number {
  const distance = Math.hypot(px - x, py - y)
  if (distance > 2 * radius) return 0
  const frayed = distance / radius + 0.4 * texture(py * 0.8, px * 0.8)
  return step(1 - frayed, 0, 1.3)
}

/** Smooth noise in two octaves, about -1..1, periodic over -2..2. */
function smoothNoise(random: () => number): (x: number, y: number) => number {
  const cells = 64
  const values = Float32Array.from({ length: cells * cells }, () => random() * 2 - 1)
  const at = (x: number, y: number): number => values[(y & (cells - 1)) * cells + (x & (cells - 1))]!
  const octave = (x: number, y: number): number => {
    const left = Math.floor(x)
    const top = Math.floor(y)
    const u = step(x - left, 0.5, 1)
    const upper = at(left, top) + (at(left + 1, top) - at(left, top)) * u
    const lower = at(left, top + 1) + (at(left + 1, top + 1) - at(left, top + 1)) * u
    return upper + (lower - upper) * step(y - top, 0.5, 1)
  }
  return (x, y) => 0.6 * octave(x * 8 + 31, y * 8 + 17) + 0.4 * octave(x * 16, y * 16)
}
