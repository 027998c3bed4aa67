/** Boxes that are cut out of images and resized. Places of boxes that are known are computed here, in double precision
 *  as tfjs does; those of boxes that the model computes become nodes. */
import { util } from '@tensorflow/tfjs-core'
import type { OperatorName } from '../../graph/operators.ts'
import type { Recording } from '../recording.ts'
import { castTo } from './comparison.ts'
import type { Lowering } from './kernel.ts'

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

export const CROP = { CropAndResize: cropAndResize }
