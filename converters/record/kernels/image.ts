/** Kernels of tf.image: sizes, crops, turns. Where the places that are read do not depend on the model's input, they are
 *  computed here, in double precision as tfjs does, and the graph only gathers. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import type { OperatorName } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import { reversed } from './array.ts'
import { castTo } from './comparison.ts'
import type { Lowering } from './kernel.ts'
import { channelsFirst, requireChannelsLast } from './layout.ts'
import { bilinearTaps, type Fill, nearestTap, type Place, type Tap } from './sample.ts'

const resizeBilinear: Lowering<'ResizeBilinear'> = ({ tensors, attrs, to }) => {
  const value = castTo(to, to.recorded(tensors.images).value, 'float32')
  const { alignCorners, halfPixelCenters, size } = attrs
  const mode = halfPixelCenters ? 'half_pixel' : 'asymmetric'
  // tfjs lets both be set, and means something of its own by it.
  if (alignCorners && halfPixelCenters) return refuseBoth(to, 'ResizeBilinear')
  return resized(to, value, size, {
    mode: 'linear',
    coordinate_transformation_mode: alignCorners ? 'align_corners' : mode,
  })
}

function refuseBoth(to: Recording, kernel: string): never {
  const detail = 'alignCorners together with halfPixelCenters'
  throw new RoentgenError('ROE_OP_UNSUPPORTED', { where: to.place, kernel, detail })
}

const resized = (
  to: Recording,
  value: string,
  size: readonly number[],
  attributes: Record<string, string>,
): string =>
  channelsFirst(to, value, 4, (first) => {
    const before = to.infoOf(first).shape.slice(2)
    const scales = size.map((length, i) => scaleTo(before[i]!, length))
    return to.add('Resize', [first, '', to.float([1, 1, ...scales], [4], 'scales')], attributes)
  })

/** The float32 whose product with `before`, rounded down as ONNX does it, is `after`. (Sizes would have to name
 *  the batch, and with `axes` ONNX Runtime's own rule for Transposes breaks the node.) */
function scaleTo(before: number, after: number): number {
  let scale = Math.fround(after / before)
  while (Math.floor(before * scale) < after) scale = Math.fround(scale * (1 + 2 ** -23))
  return scale
}

/** Enlarged by whole numbers it is Resize; else rows and columns are gathered, whose numbers tfjs rounds in its own way. */
const resizeNearest: Lowering<'ResizeNearestNeighbor'> = ({ tensors, attrs, to }) => {
  const { value, shape } = to.recorded(tensors.images)
  const { alignCorners, halfPixelCenters, size } = attrs
  const before = shape.slice(1, 3)
  const isMultiple = size.every((length, i) => length % before[i]! === 0)
  if (isMultiple && !alignCorners)
    return resized(to, value, size, {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    })
  const source = size.map((length, i) =>
    nearestSource(before[i]!, length, { alignCorners, halfPixelCenters }),
  )
  return source.reduce(
    (x, places, i) => to.add('Gather', [x, to.integers(places, 'nearest')], { axis: i + 1 }),
    value,
  )
}

/** Which of `before` rows each of `after` rows shows. */
function nearestSource(
  before: number,
  after: number,
  { alignCorners, halfPixelCenters }: { alignCorners: boolean; halfPixelCenters: boolean },
): number[] {
  const aligned = alignCorners && after > 1
  const ratio = (aligned ? before - 1 : before) / (aligned ? after - 1 : after)
  return Array.from({ length: after }, (_, i) => {
    const at = ratio * (halfPixelCenters ? i + 0.5 : i)
    return Math.min(before - 1, Math.max(0, alignCorners ? Math.round(at) : Math.floor(at)))
  })
}

const depthToSpace: Lowering<'DepthToSpace'> = ({ tensors, attrs, to }) => {
  requireChannelsLast(to, 'DepthToSpace', attrs.dataFormat)
  return channelsFirst(to, to.recorded(tensors.x).value, 4, (first) =>
    to.add('DepthToSpace', [first], { blocksize: attrs.blockSize, mode: 'DCR' }),
  )
}

const flipLeftRight: Lowering<'FlipLeftRight'> = ({ tensors, to }) => {
  const { value, shape } = to.recorded(tensors.image)
  return reversed(to, value, 2, shape[2]!)
}

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

/** Along one axis, for each box: [boxes, count]. */
interface BoxPlaces {
  inside: string
  /** The pixel that lies nearest, rounded up from a half. */
  nearest: () => string
  /** The pixels before and behind, and how near the second is. */
  between: () => { low: string; high: string; share: string }
}

interface BoxAxis {
  /** The columns of a box that say where it begins and ends. */
  columns: readonly [number, number]
  size: number
  count: number
}

/** Places of boxes that are known, in double precision as tfjs computes them; those outside are read at the edge. */
function knownPlaces(to: Recording, boxes: ArrayLike<number>, { columns, size, count }: BoxAxis): BoxPlaces {
  const shape = [boxes.length / 4, count]
  const places = Array.from({ length: shape[0]! * count }, (_, i) => {
    const box = Math.floor(i / count) * 4
    const [start, end] = [boxes[box + columns[0]]!, boxes[box + columns[1]]!]
    if (count === 1) return 0.5 * (start + end) * (size - 1)
    return start * (size - 1) + (i % count) * (((end - start) * (size - 1)) / (count - 1))
  })
  const clamped = places.map((place) => util.clamp(0, place, size - 1))
  const whole = (round: (place: number) => number): string => to.int32(clamped.map(round), shape, 'places')
  return {
    inside: to.bool(
      places.map((place) => place >= 0 && place <= size - 1),
      shape,
      'inside',
    ),
    nearest: () => whole(Math.round),
    between: () => ({
      low: whole(Math.floor),
      high: whole(Math.ceil),
      share: to.float(
        clamped.map((place) => place - Math.floor(place)),
        shape,
        'shares',
      ),
    }),
  }
}

const compute = (to: Recording, op: OperatorName, value: string, number: number): string =>
  to.add(op, [value, to.scalar(number, 'number', value)])

/** Places of boxes that the model computes. */
function computedPlaces(to: Recording, boxes: string, { columns, size, count }: BoxAxis): BoxPlaces {
  const last = (value: string): string => compute(to, 'Mul', value, size - 1)
  const [start, end] = columns.map((column) =>
    to.add('Gather', [boxes, to.integers([column], 'column')], { axis: 1 }),
  ) as [string, string]
  const steps = Array.from({ length: count }, (_, i) => i / Math.max(1, count - 1))
  const length = to.add('Mul', [last(to.add('Sub', [end, start])), to.float(steps, [count], 'steps')])
  const at =
    count > 1
      ? to.add('Add', [last(start), length])
      : last(compute(to, 'Mul', to.add('Add', [start, end]), 0.5))
  const beyond = to.add('Or', [compute(to, 'Less', at, 0), compute(to, 'Greater', at, size - 1)])
  const clamped = to.add('Clip', [at, to.scalar(0, 'min', at), to.scalar(size - 1, 'max', at)])
  const whole = (value: string): string => castTo(to, value, 'int32')
  return {
    inside: to.add('Not', [beyond]),
    nearest: () => whole(to.add('Floor', [compute(to, 'Add', clamped, 0.5)])),
    between: () => {
      const low = to.add('Floor', [clamped])
      const high = whole(to.add('Ceil', [clamped]))
      return { low: whole(low), high, share: to.add('Sub', [clamped, low]) }
    },
  }
}

/** Outside of the image lies the extrapolation value. */
const cropAndResize: Lowering<'CropAndResize'> = ({ tensors, attrs, to }) => {
  const [batch = 1, height = 1, width = 1, channels = 1] = tensors.image.shape
  const [cropHeight, cropWidth] = attrs.cropSize
  const count = tensors.boxes.shape[0]!
  const known = to.hostValues(tensors.boxes)
  const placesOf = (axis: BoxAxis): BoxPlaces =>
    known === undefined
      ? computedPlaces(to, to.recorded(tensors.boxes).value, axis)
      : knownPlaces(to, known, axis)
  const y = placesOf({ columns: [0, 2], size: height, count: cropHeight })
  const x = placesOf({ columns: [1, 3], size: width, count: cropWidth })
  const down = (value: string, ...more: 1[]): string => to.reshape(value, [count, cropHeight, 1, ...more])
  const across = (value: string, ...more: 1[]): string => to.reshape(value, [count, 1, cropWidth, ...more])
  const image = castTo(to, to.recorded(tensors.image).value, 'float32')
  const pixels = to.reshape(image, [batch * height * width, channels])
  const boxInd = castTo(to, to.recorded(tensors.boxInd).value, 'int32')
  const film = compute(to, 'Mul', to.reshape(boxInd, [count, 1, 1]), height * width)
  const pixel = (atY: string, atX: string): string => {
    const place = to.add('Add', [compute(to, 'Mul', down(atY), width), across(atX)])
    return to.add('Gather', [pixels, to.add('Add', [place, film])], { axis: 0 })
  }
  const mixed = (): string => {
    const [vertical, horizontal] = [y.between(), x.between()]
    const row = (atY: string): string =>
      mix(to, pixel(atY, horizontal.low), pixel(atY, horizontal.high), across(horizontal.share, 1))
    return mix(to, row(vertical.low), row(vertical.high), down(vertical.share, 1))
  }
  const seen = attrs.method === 'nearest' ? pixel(y.nearest(), x.nearest()) : mixed()
  const inside = to.add('And', [down(y.inside, 1), across(x.inside, 1)])
  return to.add('Where', [inside, seen, to.scalar(attrs.extrapolationValue, 'outside', seen)])
}

const mix = (to: Recording, a: string, b: string, share: string): string =>
  to.add('Add', [a, to.add('Mul', [to.add('Sub', [b, a]), share])])

export const IMAGE = {
  CropAndResize: cropAndResize,
  DepthToSpace: depthToSpace,
  FlipLeftRight: flipLeftRight,
  ResizeBilinear: resizeBilinear,
  ResizeNearestNeighbor: resizeNearest,
  RotateWithOffset: rotate,
  Transform: transform,
}
