/** The one description of what is done to a film before a model sees it, for training, scoring and preview alike:
 *  the table of its steps (what each does, how it is written, how it reads), and the run over a film. */
import assert from 'node:assert'
import { z } from 'zod'
import { removeBars } from './bars.ts'
import {
  BAR_RULES,
  type Film,
  KERNELS,
  type Pixels,
  type Prepared,
  type Preprocessing,
  type Step,
} from './film.ts'
import { fitInto } from './resize.ts'

/** Rec. 601 weights in thousandths, which add up to one: grey in colour stays the grey that it is. */
const LUMA = { red: 299, green: 587, blue: 114 }

/** Pixels: no model takes more, and a resize holds a row of it for each row of the film. */
const LARGEST_SIDE = 4096

interface StepRow<S extends Step> {
  schema: z.ZodType<S> & z.core.$ZodTypeDiscriminable
  apply: (film: Film, step: S) => Film
  describe: (step: S) => string
}

const side = z.int().min(1).max(LARGEST_SIDE)
const level = z.number().min(0).max(65_535)

const STEPS: { readonly [Op in Step['op']]: StepRow<Extract<Step, { op: Op }>> } = {
  bars: {
    schema: z.strictObject({ op: z.literal('bars'), rule: z.enum(BAR_RULES) }),
    apply: (film, { rule }) => removeBars(film, rule),
    describe: ({ rule }) => `remove black bars (${rule})`,
  },
  window: {
    schema: z
      .strictObject({ op: z.literal('window'), from: level.exactOptional(), to: level.exactOptional() })
      .refine(({ from = 0, to = Number.POSITIVE_INFINITY }) => from < to, 'from must be less than to'),
    apply: (film, { from = 0, to = 2 ** film.bits - 1 }) => window(film, from, to),
    describe: ({ from, to }) =>
      from === undefined && to === undefined
        ? 'the full range of the stored bits to 0..255'
        : `${from ?? 0}..${to ?? 'the highest value of the stored bits'} to 0..255`,
  },
  fit: {
    schema: z.strictObject({
      op: z.literal('fit'),
      how: z.enum(['stretch', 'pad', 'crop']),
      width: side,
      height: side,
      kernel: z.enum(KERNELS),
    }),
    apply: (film, step) => ({ ...film, ...fitInto(bytes(film), step) }),
    describe: ({ how, width, height, kernel }) => `${how} to ${width} x ${height} (${kernel})`,
  },
  channels: {
    schema: z.strictObject({
      op: z.literal('channels'),
      count: z.literal([1, 3]),
      luma: z.literal('rec601'),
    }),
    apply: (film, { count }) => toChannels(film, count),
    describe: ({ count }) => (count === 1 ? 'one channel (luma of Rec. 601)' : 'three channels'),
  },
}

/** Checks a description that comes from outside: a model's metadata, a file. */
export const PREPROCESSING: z.ZodType<Preprocessing> = z.strictObject({
  version: z.literal(1),
  steps: z.array(
    z.discriminatedUnion('op', [
      STEPS.bars.schema,
      STEPS.window.schema,
      STEPS.fit.schema,
      STEPS.channels.schema,
    ]),
  ),
})

/** Runs the steps over a film, in their order. A description that does not end in 8 bits is an assertion failure.
 *  @throws ROE_BARS_NOT_SQUARE, ROE_BARS_ALL_BLACK */
export function preprocess(film: Film, { steps }: Preprocessing): Prepared {
  const last = steps.reduce((done, step) => rowOf(step).apply(done, step), film)
  const looked = steps.some(({ op }) => op === 'bars')
  return { ...bytes(last), bars: looked ? (last.bars ?? NO_BARS) : null }
}

/** Whether a film's luma is all that these steps take of it, so that they may be given it alone: they end in one channel, and
 *  none looks at colours or bends values before. */
export function takesLuma({ steps }: Preprocessing): boolean {
  const isPlain = (step: Step): boolean =>
    step.op === 'fit' || (step.op === 'window' && step.from === undefined && step.to === undefined)
  const last = steps.findIndex((step) => step.op === 'channels')
  const count = last < 0 ? undefined : steps[last]
  return count?.op === 'channels' && count.count === 1 && steps.slice(0, last).every(isPlain)
}

const NO_BARS = { left: 0, top: 0, right: 0, bottom: 0 }

/** One readable line: what is done, in order. */
export const describePreprocessing = ({ steps }: Preprocessing): string =>
  steps.map((step) => rowOf(step).describe(step)).join(', then ') || 'nothing'

// A step and its row have the same op, which the type of a lookup by a union cannot say.
const rowOf = (step: Step): StepRow<Step> => STEPS[step.op] as unknown as StepRow<Step>

/** Maps from..to of the stored values to 0..255, rounded; what lies outside goes to the nearer end. */
function window(film: Film, from: number, to: number): Film {
  assert(from < to, `a window runs upwards, not from ${from} to ${to}`)
  if (film.pixels instanceof Uint8Array && from === 0 && to === 255) return { ...film, bits: 8 }
  const levels = new Uint8ClampedArray(2 ** film.bits)
  for (let value = 0; value < levels.length; value++)
    levels[value] = Math.round(((value - from) / (to - from)) * 255)
  const pixels = new Uint8Array(film.pixels.length)
  for (let i = 0; i < pixels.length; i++) pixels[i] = levels[film.pixels[i]!]!
  return { ...film, bits: 8, pixels }
}

function bytes(film: Film): Pixels {
  const { width, height, channels, pixels } = film
  assert(pixels instanceof Uint8Array, `a film of ${film.bits} bits needs a window step first`)
  return { width, height, channels, pixels }
}

function toChannels(film: Film, count: 1 | 3): Film {
  if (film.channels === count) return film
  const size = film.width * film.height
  const pixels =
    film.pixels instanceof Uint16Array ? new Uint16Array(size * count) : new Uint8Array(size * count)
  if (count === 1) toGrey(film.pixels, pixels)
  else toColour(film.pixels, pixels)
  return { ...film, channels: count, pixels }
}

function toColour(grey: Film['pixels'], colour: Film['pixels']): void {
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    const value = grey[i]!
    colour[at] = value
    colour[at + 1] = value
    colour[at + 2] = value
  }
}

function toGrey(colour: Film['pixels'], grey: Film['pixels']): void {
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    const sum = LUMA.red * colour[at]! + LUMA.green * colour[at + 1]! + LUMA.blue * colour[at + 2]!
    grey[i] = Math.floor((sum + 500) / 1000)
  }
}
