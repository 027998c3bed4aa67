/** Layers of published networks that are neither in Keras' own list nor in tfjs': a scaled sum, a pooling that keeps edges. */
import * as tf from '@tensorflow/tfjs-core'
import { type OwnLayer, registerLayer, type Shape } from './own-layer.ts'

/** x + scale * y. @source keras.applications.inception_resnet_v2.CustomScaleLayer */
const scaledSum: OwnLayer = {
  call: ([x, y], _, { scale }) => tf.add(x, tf.mul(y!, Number(scale))),
}

const POOL = { size: 3, stride: 2 }

/** Sides of what is pooled: as many windows as begin on the map, the last one cut off where it ends.
 *  @source torch.nn.MaxPool2d(3, 2, ceil_mode=True) */
const sideAfter = (side: number | null): number | null =>
  side === null ? null : Math.ceil((side - POOL.size) / POOL.stride) + 1

/** The maximum over 3 x 3 at every second place of a map that is never negative (zeros stand in for what is beyond it). */
const edgePool: OwnLayer = {
  shape: (_, [[batch = null, height = null, width = null, channels = null]]): Shape => [
    batch,
    sideAfter(height),
    sideAfter(width),
    channels,
  ],
  call: ([x]) => {
    const [, height, width] = x.shape as [number, number, number]
    // An even side lacks one place for its last window.
    const far = (side: number): [number, number] => [0, side % 2 === 0 ? 1 : 0]
    const padded =
      height % 2 === 1 && width % 2 === 1 ? x : tf.pad(x, [[0, 0], far(height), far(width), [0, 0]])
    return tf.maxPool(padded as tf.Tensor4D, POOL.size, POOL.stride, 'valid')
  },
}

/** Takes `scale`; is called on two maps. */
export const scaledSumLayer = registerLayer('RoentgenScaledSum', scaledSum)
export const edgePoolLayer = registerLayer('RoentgenEdgePool', edgePool)
