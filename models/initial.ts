/** First weights of a network. Seeds are derived by layer name, so that layers differ and a new layer changes no other.
 *  Without a seed kernels are zero: cheap places for weights that `applyWeights` brings. */
import { initializers } from '@tensorflow/tfjs-layers'

type Initializer = ReturnType<typeof initializers.zeros>

/** A seed for one layer: FNV-1a over the name, begun with the run's seed.
 *  @param seed  an integer   @returns an unsigned 32-bit integer, never 0 (tfjs takes some falsy seeds for none) */
export function deriveSeed(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed | 0, 0x9e3779b1)) >>> 0
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  // One round of mixing (the finalizer of MurmurHash3), since names that differ in the last letter hash alike.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
  hash = (hash ^ (hash >>> 13)) >>> 0
  return hash === 0 ? 1 : hash
}

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
