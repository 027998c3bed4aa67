/** Modules of the Inception networks as data: branches beside each other, whose channels are joined. */
import type { Size, Value, Words } from './words.ts'

/** A convolution (with 'valid' padding where it says so), a pooling, or a fork whose ends are joined at once. */
export type Step =
  | readonly [filters: number, size: Size, strides?: 1 | 2, padding?: 'valid']
  | 'average'
  | 'max'
  | { fork: readonly Step[]; name?: string }

/** Steps one after the other. */
export type Branch = readonly Step[]

/** A convolution, its batch normalization without gamma, ReLU; with a name `X` also `X_bn` and `X_ac`. */
export function convNorm(
  say: Words,
  x: Value,
  [filters, size, strides = 1, padding]: Extract<Step, readonly unknown[]>,
  name?: string,
): Value {
  const y = say.conv(x, filters, size, { strides, padding: padding ?? 'same', useBias: false, name })
  const bn = name === undefined ? undefined : `${name}_bn`
  return say.normalized(y, 'relu', { scale: false, bn, act: name === undefined ? undefined : `${name}_ac` })
}

/** The steps of one branch. */
export const chained = (say: Words, x: Value, branch: Branch): Value =>
  branch.reduce((y, step) => stepOn(say, y, step), x)

/** All branches of a module, in their order, and their channels joined. */
export const joined = (say: Words, x: Value, branches: readonly Branch[], name?: string): Value =>
  say.concat(
    branches.map((branch) => chained(say, x, branch)),
    name,
  )

function stepOn(say: Words, x: Value, step: Step): Value {
  if (step === 'average') return say.averagePool(x, 3, { strides: 1, padding: 'same' })
  if (step === 'max') return say.maxPool(x, 3, { strides: 2 })
  if ('fork' in step)
    return joined(
      say,
      x,
      step.fork.map((one) => [one]),
      step.name,
    )
  return convNorm(say, x, step)
}

/** The first layers of Inception v3 and of Inception-ResNet v2. */
export const STEM: Branch = [
  [32, 3, 2, 'valid'],
  [32, 3, 1, 'valid'],
  [64, 3],
  'max',
  [80, 1, 1, 'valid'],
  [192, 3, 1, 'valid'],
  'max',
]
