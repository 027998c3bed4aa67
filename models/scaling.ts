/** The table of scalings: how pixels 0..255 become what a network's weights expect. Written with tfjs, so that the
 *  converter records them and they become nodes of the exported model. */
import { div, reverse, sub, type Tensor4D, tensor1d } from '@tensorflow/tfjs-core'

interface ScalingRow {
  describe: string
  /** @param x  [batch, height, width, 3], float32, RGB, 0..255 */
  apply: (x: Tensor4D) => Tensor4D
}

/** Means and deviations of ImageNet's training pictures, red, green, blue.
 *  @source keras.applications.imagenet_utils.preprocess_input */
const IMAGENET = {
  means: [123.68, 116.779, 103.939],
  mean01: [0.485, 0.456, 0.406],
  sd01: [0.229, 0.224, 0.225],
}

export const SCALINGS = {
  unit: { describe: 'to 0..1 (x / 255)', apply: (x) => div(x, 255) },
  tf: {
    describe: 'to -1..1 (x / 127.5 - 1), as MobileNet and Inception weights expect',
    apply: (x) => sub(div(x, 127.5), 1),
  },
  caffe: {
    describe: "BGR less ImageNet's channel means, as VGG weights expect",
    apply: (x) => sub(reverse(x, 3), tensor1d(IMAGENET.means.toReversed())),
  },
  torch: {
    describe: "to 0..1, less ImageNet's means, by its deviations, as torchvision's weights expect",
    apply: (x) => div(sub(div(x, 255), tensor1d(IMAGENET.mean01)), tensor1d(IMAGENET.sd01)),
  },
  none: { describe: 'none (0..255)', apply: (x) => x },
} as const satisfies Record<string, ScalingRow>

export type ScalingName = keyof typeof SCALINGS
