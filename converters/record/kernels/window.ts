/** Windows that slide over maps and volumes, as tfjs computes them and as ONNX's attributes say them. */
import type { backend_util } from '@tensorflow/tfjs-core'
import type { Recording } from '../recording.ts'
import { cut } from './cut.ts'

type Pads = { pads: readonly number[] } | { auto_pad: 'SAME_UPPER' }

type Window = Pads & {
  kernel_shape: readonly number[]
  strides: readonly number[]
  dilations: readonly number[]
}

/** What tfjs says of one axis that a window slides over. */
export interface Axis {
  input: number
  output: number
  kernel: number
  stride: number
  dilation: number
  before: number
  after: number
}

/** Sizes that tfjs rounds up need room behind the map, since ONNX rounds down. */
const roomAfter = ({ input, output, kernel, stride, dilation, before, after }: Axis): number =>
  Math.max(after, (output - 1) * stride + dilation * (kernel - 1) + 1 - input - before)

/** What lies around the map: before all axes, then behind them. */
export const padsOf = (axes: readonly Axis[]): number[] => [
  ...axes.map(({ before }) => before),
  ...axes.map(roomAfter),
]

/** @param padding  how tfjs was told to pad: what `SAME` adds depends on the size, and is written as numbers only where
 *    that is known (`write-pads.ts`) */
export const windowOf = (axes: readonly Axis[], padding: string): Window => ({
  kernel_shape: axes.map(({ kernel }) => kernel),
  strides: axes.map(({ stride }) => stride),
  ...(padding === 'SAME' ? { auto_pad: 'SAME_UPPER' } : { pads: padsOf(axes) }),
  dilations: axes.map(({ dilation }) => dilation),
})

export const mapAxes = (info: backend_util.Conv2DInfo): Axis[] => [
  {
    input: info.inHeight,
    output: info.outHeight,
    kernel: info.filterHeight,
    stride: info.strideHeight,
    dilation: info.dilationHeight,
    before: info.padInfo.top,
    after: info.padInfo.bottom,
  },
  {
    input: info.inWidth,
    output: info.outWidth,
    kernel: info.filterWidth,
    stride: info.strideWidth,
    dilation: info.dilationWidth,
    before: info.padInfo.left,
    after: info.padInfo.right,
  },
]

/** tfjs lets the windows over a volume begin behind its edge where they are shorter than their stride (a negative padding,
 *  which ONNX does not have): what they leave out is cut away.
 *  @param value  channels last */
export function cutEdges(
  to: Recording,
  value: string,
  shape: readonly number[],
  axes: readonly Axis[],
): { value: string; axes: readonly Axis[] } {
  if (axes.every(({ before }) => before >= 0)) return { value, axes }
  const skipped = axes.map(({ before }) => Math.max(0, -before))
  const cuts = skipped.map((start, i) => ({ axis: i + 1, start, end: shape[i + 1]! }))
  const within = axes.map((axis, i) => ({
    ...axis,
    input: axis.input - skipped[i]!,
    before: Math.max(0, axis.before),
    after: Math.max(0, axis.after),
  }))
  return { value: cut(to, value, shape, cuts), axes: within }
}

export const volumeAxes = (info: backend_util.Conv3DInfo): Axis[] => [
  {
    input: info.inDepth,
    output: info.outDepth,
    kernel: info.filterDepth,
    stride: info.strideDepth,
    dilation: info.dilationDepth,
    before: info.padInfo.front,
    after: info.padInfo.back,
  },
  ...mapAxes(info as unknown as backend_util.Conv2DInfo),
]
