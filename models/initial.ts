/** First weights of a network. Seeds are derived by layer name, so that layers differ and a new layer changes no other.
 *  Without a seed kernels are zero: cheap places for weights that `applyWeights` brings. */
import { initializers } from '@tensorflow/tfjs-layers'
import { deriveSeed } from '../random.ts'

type Initializer = ReturnType<typeof initializers.zeros>

/** Variance of a kernel's output for inputs whose square is 1 on average: 2 makes up for the half that a ReLU takes. */
const RELU_GAIN = 2
/** Of a kernel behind which no ReLU stands: 1 keeps the variance. */
export const LINEAR_GAIN = 1
/** Of a kernel whose output is added to what went before it: so that a sum of many blocks grows little. */
export const ADDED_GAIN = 0.1

/** Initializer of a kernel: He's uniform law, drawn from a seed of the layer's own.
 *  Keras' default (Glorot) makes the signal die in a random trunk that is used as it is; and both, as tfjs counts
 *  the inputs of a depthwise kernel, take it for `channels` times wider than it is: `fanIn` is therefore given.
 *  @param fanIn  inputs of one output value   @param seed  absent: zeros
 *  @source He et al. 2015, arXiv:1502.01852 */
export function kernelInitializer(
  layer: string,
  fanIn: number,
  seed?: number,
  gain = RELU_GAIN,
): Initializer {
  if (seed === undefined) return initializers.zeros()
  const limit = Math.sqrt((3 * gain) / fanIn)
  return initializers.randomUniform({ minval: -limit, maxval: limit, seed: deriveSeed(seed, layer) })
}

/** Keras' default for the dense layers of a head, drawn from a seed of the layer's own. */
export const headInitializer = (layer: string, seed: number): Initializer =>
  initializers.glorotUniform({ seed: deriveSeed(seed, layer) })
