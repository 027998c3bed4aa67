/** Images that are turned: the places that are read do not depend on the model's input, so they are computed here, in
 *  double precision as tfjs does, and the graph only gathers. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import type { Recording } from '../recording.ts'
import { castTo } from './comparison.ts'
import type { Lowering } from './kernel.ts'
import { bilinearTaps, type Fill, nearestTap, type Place, type Tap } from './sample.ts'

/** Each output pixel as the sum of input pixels (taps) with weights, and of what lies outside.
 *  @param places  where each output pixel lies in the input, row by row; null where it lies nowhere */
function sampled(
  to: Recording,
  image: TensorInfo,
  places: readonly (Place | null)[],
  [outHeight, outWidth]: readonly [number, number],
  { fill, bilinear }: { fill: Fill; bilinear: boolean },
): string {
  const { value, shape } = to.recorded(image)
  const [batch = 1, height = 1, width = 1, channels = 1] = shape
  const rows = to.reshape(value, [batch, height * width, channels])
  const sizes = { height, width }
  const result = bilinear
    ? mixed(to, castTo(to, rows, 'float32'), bilinearTaps(places, sizes), fill)
    : chosen(to, rows, nearestTap(places, sizes), fill)
  return to.reshape(result, [batch, outHeight, outWidth, channels])
}

const gathered = (to: Recording, rows: string, { indices }: Tap): string =>
  to.add('Gather', [rows, to.integers(indices, 'places')], { axis: 1 })

/** One pixel each, or the fill. */
function chosen(to: Recording, rows: string, tap: Tap, fill: Fill): string {
  const inside = to.bool(
    tap.weights.map((weight) => weight > 0),
    [tap.weights.length, 1],
    'inside',
  )
  const seen = gathered(to, rows, tap)
  const values = typeof fill === 'number' ? [fill] : [...fill]
  const make = to.draft.typeOf(seen).dtype === 'float32' ? to.float.bind(to) : to.int32.bind(to)
  return to.add('Where', [inside, seen, make(values, values.length === 1 ? [] : [values.length], 'fill')])
}

/** The sum of four pixels; what they do not weigh is the fill. */
function mixed(to: Recording, rows: string, taps: readonly Tap[], fill: Fill): string {
  const parts = taps.map((tap) => {
    const weights = to.float(tap.weights, [tap.weights.length, 1], 'weights')
    return to.add('Mul', [gathered(to, rows, tap), weights])
  })
  const sum = parts.reduce((total, part) => to.add('Add', [total, part]))
  const outside = taps[0]!.weights.map(
    (_, i) => (1 - taps.reduce((total, { weights }) => total + weights[i]!, 0)) * Number(fill),
  )
  return to.add('Add', [sum, to.float(outside, [outside.length, 1], 'outside')])
}

const grid = (height: number, width: number): Place[] =>
  Array.from({ length: height * width }, (_, i) => ({ y: Math.floor(i / width), x: i % width }))

const rotate: Lowering<'RotateWithOffset'> = ({ tensors, attrs, to }) => {
  const [, height = 1, width = 1, channels = 1] = tensors.image.shape
  const [centerX, centerY] = backend_util.getImageCenter(attrs.center, height, width)
  const [sin, cos] = [Math.sin(attrs.radians), Math.cos(attrs.radians)]
  const places = grid(height, width).map(({ y, x }) => ({
    y: (x - centerX) * sin + (y - centerY) * cos + centerY,
    x: (x - centerX) * cos - (y - centerY) * sin + centerX,
  }))
  // Colours are filled by channel, and what is transparent becomes opaque.
  const colours = [...[attrs.fillValue].flat(), 255].slice(0, channels)
  const fill = typeof attrs.fillValue === 'number' ? attrs.fillValue : colours
  return sampled(to, tensors.image, places, [height, width], { fill, bilinear: false })
}

const transform: Lowering<'Transform'> = ({ tensors, attrs, to }) => {
  const [, height = 1, width = 1] = tensors.image.shape
  const { interpolation, fillMode, fillValue, outputShape } = attrs
  const values = to.hostValues(tensors.transforms)
  if (values === undefined || values.length !== 8) {
    const detail = 'transforms that are computed, or one for each film'
    throw new RoentgenError('ROE_OP_UNSUPPORTED', { where: to.place, kernel: 'Transform', detail })
  }
  const [a = 1, b = 0, c = 0, d = 0, e = 1, f = 0, g = 0, h = 0] = values
  const [outHeight, outWidth] = outputShape ?? [height, width]
  const along = OUTSIDE[fillMode]
  const places = grid(outHeight, outWidth).map(({ y, x }) => {
    const projection = g * x + h * y + 1
    if (projection === 0) return null
    return {
      y: along((d * x + e * y + f) / projection, height),
      x: along((a * x + b * y + c) / projection, width),
    }
  })
  const bilinear = interpolation === 'bilinear'
  return sampled(to, tensors.image, places, [outHeight, outWidth], { fill: fillValue, bilinear })
}

const clampTo = (at: number, length: number): number => util.clamp(0, at, length - 1)

/** Where a place outside of the image is read instead, as TensorFlow's ImageProjectiveTransform says. */
const OUTSIDE: Record<'constant' | 'reflect' | 'wrap' | 'nearest', (at: number, length: number) => number> = {
  constant: (at) => at,
  nearest: clampTo,
  reflect: (at, length) => {
    if ((at >= 0 && at <= length - 1) || length <= 1) return clampTo(at, length)
    const period = 2 * length
    if (at > 0) {
      const rest = at - period * Math.trunc(at / period)
      return clampTo(rest >= length ? period - rest - 1 : rest, length)
    }
    const rest = at + period * Math.trunc(-at / period)
    return clampTo(rest < -length ? rest + period : -rest - 1, length)
  },
  wrap: (at, length) => {
    if ((at >= 0 && at <= length - 1) || length <= 1) return clampTo(at, length)
    const turns = at < 0 ? Math.trunc(-at / (length - 1)) + 1 : -Math.trunc(at / (length - 1))
    return clampTo(at + length * turns, length)
  },
}

export const TURN = { RotateWithOffset: rotate, Transform: transform }
