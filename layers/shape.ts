/** Layers of Keras that move, cut, repeat or pool numbers, where tfjs-layers lacks them or reads them otherwise. */
import * as tf from '@tensorflow/tfjs-core'
import {
  type Config,
  channelsLast,
  isChannelsFirst,
  type OwnLayer,
  perAxis,
  registerLayer,
  type Shape,
  shapeChannelsLast,
} from './own-layer.ts'

type Pair = [number, number]

/** The inner axes: neither the batch nor the channels. */
const innerAxes = (rank: number, config: Config): number[] =>
  Array.from({ length: rank - 2 }, (_, i) => i + (isChannelsFirst(config) ? 2 : 1))

/** `1`, `[1, 2]` (of one axis before and after, of several the same at both ends) or `[[1, 2], …]`. */
function pairsOf(value: unknown, axes: number): Pair[] {
  const given = [value].flat() as (number | Pair)[]
  if (axes === 1) return [given.length === 1 ? [given[0] as number, given[0] as number] : (given as Pair)]
  return Array.from({ length: axes }, (_, i) => {
    const one = given.length === 1 ? given[0]! : given[i]!
    return Array.isArray(one) ? one : [one, one]
  })
}

const withInner = (shape: Shape, config: Config, change: (side: number, i: number) => number): Shape =>
  shape.map((side, axis) => {
    const i = innerAxes(shape.length, config).indexOf(axis)
    return i < 0 || side === null ? side : change(side, i)
  })

const cropping: OwnLayer = {
  shape: (config, [shape]) => {
    const pairs = pairsOf(config.cropping, shape.length - 2)
    return withInner(shape, config, (side, i) => side - pairs[i]![0] - pairs[i]![1])
  },
  call: ([x], _, config) => {
    const pairs = pairsOf(config.cropping, x.rank - 2)
    const first = innerAxes(x.rank, config)[0]!
    const begin = x.shape.map((_, axis) => pairs[axis - first]?.[0] ?? 0)
    const size = x.shape.map((side, axis) => {
      const pair = pairs[axis - first]
      return pair === undefined ? -1 : side - pair[0] - pair[1]
    })
    return tf.slice(x, begin, size)
  },
}

const zeroPadding: OwnLayer = {
  shape: (config, [shape]) => {
    const pairs = pairsOf(config.padding, shape.length - 2)
    return withInner(shape, config, (side, i) => side + pairs[i]![0] + pairs[i]![1])
  },
  call: ([x], _, config) => {
    const pairs = pairsOf(config.padding, x.rank - 2)
    const first = innerAxes(x.rank, config)[0]!
    return tf.pad(
      x,
      x.shape.map((_, axis): Pair => pairs[axis - first] ?? [0, 0]),
    )
  },
}

/** Each number `size` times along each inner axis. */
const upSampling: OwnLayer = {
  shape: (config, [shape]) => {
    const times = perAxis(config.size, shape.length - 2, 2)
    return withInner(shape, config, (side, i) => side * times[i]!)
  },
  call: ([x], _, config) => {
    const times = perAxis(config.size, x.rank - 2, 2)
    return innerAxes(x.rank, config).reduce((inner: tf.Tensor, axis, i) => {
      const [wide, reps] = [tf.expandDims(inner, axis + 1), times[i]!]
      const shape = [...inner.shape]
      shape[axis] = shape[axis]! * reps
      return tf.reshape(
        tf.tile(
          wide,
          wide.shape.map((_, at) => (at === axis + 1 ? reps : 1)),
        ),
        [-1, ...shape.slice(1)],
      )
    }, x)
  },
}

/** Pools over all inner axes; steps that a mask takes out do not count. */
const globalPool: OwnLayer = {
  shape: (config, [shape]) => {
    const axes = innerAxes(shape.length, config)
    return config.keepdims === true
      ? shape.map((side, axis) => (axes.includes(axis) ? 1 : side))
      : shape.filter((_, axis) => !axes.includes(axis))
  },
  call: ([x], _, config, mask) => {
    const axes = innerAxes(x.rank, config)
    const keep = config.keepdims === true
    if (config.how === 'max') return tf.max(x, axes, keep)
    if (mask === undefined || x.rank !== 3) return tf.mean(x, axes, keep)
    const counted = tf.expandDims(tf.cast(mask, 'float32'), isChannelsFirst(config) ? 1 : 2)
    return tf.div(tf.sum(tf.mul(x, counted), axes, keep), tf.sum(counted, axes, keep))
  },
}

const poolSize = (side: number, size: number, stride: number, padding: unknown): number =>
  Math.ceil((side - (padding === 'same' ? 0 : size - 1)) / stride)

const sizesOf = (config: Config): [size: number, stride: number] => {
  const size = [config.poolSize ?? 2].flat()[0] as number
  return [size, ([config.strides ?? size].flat()[0] as number) ?? size]
}

/** Pools along one axis of channels that come first, which tfjs takes for steps. */
const pool1d: OwnLayer = {
  shape: (config, [shape]) =>
    shapeChannelsLast(shape, config, (sides, channels) => {
      const [size, stride] = sizesOf(config)
      return [
        sides.map((side) => (side === null ? null : poolSize(side, size, stride, config.padding))),
        channels,
      ]
    }),
  call: ([x], _, config) =>
    channelsLast(x, config, (inner) => {
      const [size, stride] = sizesOf(config)
      const pool = config.how === 'max' ? tf.maxPool : tf.avgPool
      const wide = tf.expandDims(inner, 1) as tf.Tensor4D
      return tf.squeeze(pool(wide, [1, size], [1, stride], config.padding as 'same' | 'valid'), [1])
    }),
}

/** Keras resizes by the centres of pixels, tfjs's UpSampling2D and Resizing by their corners. */
const centredResize: OwnLayer = {
  shape: (config, [shape]) =>
    shapeChannelsLast(shape, config, (sides, channels) => [wantedSize(config, sides), channels]),
  call: ([x], _, config) =>
    channelsLast(x, config, (inner) => {
      const wanted = wantedSize(config, inner.shape.slice(1, 3)) as Pair
      const cut = config.cropToAspectRatio === true ? cutToRatio(inner as tf.Tensor4D, wanted) : inner
      return resized(cut as tf.Tensor4D, wanted, config)
    }),
}

const resized = (x: tf.Tensor4D, size: Pair, { interpolation }: Config): tf.Tensor =>
  interpolation === 'nearest'
    ? tf.image.resizeNearestNeighbor(x, size, false, true)
    : tf.image.resizeBilinear(x, size, false, true)

function wantedSize({ height, width, size }: Config, sides: Shape): Shape {
  const times = perAxis(size, 2)
  const scaled = sides.map((side, i) => (side === null ? null : side * times[i]!))
  return [(height as number) ?? scaled[0] ?? null, (width as number) ?? scaled[1] ?? null]
}

/** The largest middle part whose sides are to each other as those wanted. @source keras.utils.image_utils.smart_resize */
function cutToRatio(x: tf.Tensor4D, [height, width]: Pair): tf.Tensor4D {
  const [, h, w] = x.shape
  const [cutH, cutW] = [
    Math.min(h, Math.trunc((w * height) / width)),
    Math.min(w, Math.trunc((h * width) / height)),
  ]
  return tf.slice(x, [0, Math.trunc((h - cutH) / 2), Math.trunc((w - cutW) / 2), 0], [-1, cutH, cutW, -1])
}

/** The middle of the film; one that is too small is enlarged first. @source keras.layers.CenterCrop */
const centreCrop: OwnLayer = {
  shape: (config, [shape]) =>
    shapeChannelsLast(shape, config, (_, channels) => [
      [Number(config.height), Number(config.width)],
      channels,
    ]),
  call: ([x], _, config) =>
    channelsLast(x, config, (inner) => {
      const wanted: Pair = [Number(config.height), Number(config.width)]
      const [h, w] = inner.shape.slice(1, 3) as Pair
      if (h < wanted[0] || w < wanted[1])
        return resized(cutToRatio(inner as tf.Tensor4D, wanted), wanted, config)
      const begin = [0, Math.floor((h - wanted[0]) / 2), Math.floor((w - wanted[1]) / 2), 0]
      return tf.slice(inner, begin, [-1, ...wanted, -1])
    }),
}

const subtract: OwnLayer = {
  shape: (_, shapes) => broadcastShape(shapes),
  call: (inputs) => tf.sub(inputs[0], inputs[1]!),
}

const broadcastShape = (shapes: readonly Shape[]): Shape => {
  const rank = Math.max(...shapes.map(({ length }) => length))
  const at = (shape: Shape, axis: number): number | null =>
    shape[axis - rank + shape.length] ?? (axis === 0 ? null : 1)
  return Array.from({ length: rank }, (_, axis) =>
    shapes.map((shape) => at(shape, axis)).reduce((a, b) => (a === 1 ? b : a)),
  )
}

const flatten: OwnLayer = {
  shape: (_, [[batch = null, ...rest]]) => [
    batch,
    rest.reduce<number | null>(
      (product, side) => (product === null || side === null ? null : product * side),
      1,
    ),
  ],
  call: ([x]) => tf.reshape(x, [x.shape[0], -1]),
}

/** x * scale + offset, with a number or one for each channel. */
const rescaling: OwnLayer = {
  call: ([x], _, { scale, offset }) => {
    const of = (value: unknown, otherwise: number): tf.Tensor =>
      tf.tensor((value ?? otherwise) as number[], undefined, 'float32')
    return tf.add(tf.mul(tf.cast(x, 'float32'), of(scale, 1)), of(offset, 0))
  },
}

/** Numbers of classes as rows of zeros and ones, or of counts. @source keras.layers.CategoryEncoding */
const categoryEncoding: OwnLayer = {
  shape: ({ numTokens, outputMode }, [shape]) =>
    outputMode === 'oneHot'
      ? [...(shape.at(-1) === 1 ? shape.slice(0, -1) : shape), Number(numTokens)]
      : [...(shape.length === 1 ? shape : shape.slice(0, -1)), Number(numTokens)],
  call: ([x], _, { numTokens, outputMode }) => {
    const whole = outputMode === 'oneHot' && x.shape.at(-1) === 1 ? tf.squeeze(x, [x.rank - 1]) : x
    const hot = tf.cast(tf.oneHot(tf.cast(whole, 'int32'), Number(numTokens)), 'float32')
    if (outputMode === 'oneHot' || x.rank === 1) return hot
    return outputMode === 'count' ? tf.sum(hot, hot.rank - 2) : tf.max(hot, hot.rank - 2)
  },
}

for (const [name, layer] of Object.entries({
  RoentgenCropping: cropping,
  RoentgenZeroPadding: zeroPadding,
  RoentgenUpSampling: upSampling,
  RoentgenPool1d: pool1d,
  RoentgenCentredResize: centredResize,
  RoentgenCentreCrop: centreCrop,
  RoentgenSubtract: subtract,
  RoentgenFlatten: flatten,
  RoentgenRescaling: rescaling,
  RoentgenCategoryEncoding: categoryEncoding,
}))
  registerLayer(name, layer)

/** Takes `how` ('mean' or 'max') and `keepdims`. */
export const globalPoolLayer = registerLayer('RoentgenGlobalPool', globalPool)
