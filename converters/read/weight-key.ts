/** One naming for the weights of all files: `layer/weight`, e.g. `conv1/kernel`.
 *  Keras wrote `conv1/conv1/kernel:0`, `conv1_1/kernel:0` (made twice in one process) and, before version 2,
 *  `conv1_W_1:0`, which the published VGG files still have. */

/** Keras 1's names of weights. */
const KERAS1: Readonly<Record<string, string>> = {
  W: 'kernel',
  b: 'bias',
  gamma: 'gamma',
  beta: 'beta',
  running_mean: 'moving_mean',
  running_std: 'moving_variance',
}
const KERAS1_NAME = /^(.+)_(W|b|gamma|beta|running_mean|running_std)(?:_\d+)?$/

/** Normalises one name as it stands in a file.
 *  @example weightKey('conv1/conv1/kernel:0') === 'conv1/kernel'
 *  @example weightKey('block1_conv1_W_1:0') === 'block1_conv1/kernel' */
export function weightKey(name: string): string {
  const parts = name
    .replace(/:\d+$/, '')
    .split('/')
    .filter((part, i, all) => part !== '' && part !== all[i - 1])
  const path = parts.slice(0, -1)
  const [, layer, weight] = KERAS1_NAME.exec(parts.at(-1) ?? '') ?? []
  const isKeras1 = layer !== undefined && weight !== undefined && (path.length === 0 || path.at(-1) === layer)
  if (!isKeras1) return parts.join('/')
  return [...(path.length === 0 ? [layer] : path), KERAS1[weight]].join('/')
}

/** Keys of the weights of one layer of a Keras file.
 *  @param layer  the name under which the file lists it; it counts, since Keras loads by it
 *  @param names  the weights as the file names them
 *  @param isModel  whether the layer is itself a model, whose own layers then name the weights; where the file
 *    does not say (weights saved alone), it is one if its weights have several parents */
export function layerWeightKeys(layer: string, names: readonly string[], isModel?: boolean): string[] {
  const keys = names.map(weightKey)
  const parents = new Set(keys.map(parentOf))
  if (isModel ?? parents.size > 1) return keys
  return parents.size === 1
    ? keys.map((key) => `${layer}/${key.slice(key.lastIndexOf('/') + 1)}`)
    : keys.map((key) => (key.startsWith(`${layer}/`) ? key : `${layer}/${key}`))
}

const parentOf = (key: string): string => key.slice(0, Math.max(0, key.lastIndexOf('/')))
