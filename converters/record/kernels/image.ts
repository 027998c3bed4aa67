/** Kernels that resize and rearrange the pixels of maps. */
import { RoentgenError } from '../../../errors.ts'
import type { Recording } from '../recording.ts'
import { reversed } from './array.ts'
import { castTo } from './comparison.ts'
import type { Lowering } from './kernel.ts'
import { channelsFirst, requireChannelsLast } from './layout.ts'

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

export const IMAGE = {
  DepthToSpace: depthToSpace,
  FlipLeftRight: flipLeftRight,
  ResizeBilinear: resizeBilinear,
  ResizeNearestNeighbor: resizeNearest,
}
