/** Permutes the axes of a constant, as ONNX's Transpose would. */
import type { Constant, Shape } from './graph.ts'

/** @param perm  output axis i is input axis perm[i] */
export function permute<C extends Constant>(constant: C, perm: readonly number[]): C {
  const { shape, data } = constant
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
  const newShape = perm.map((axis) => shape[axis] ?? 1)
  const steps = perm.map((axis) => strides[axis] ?? 1)
  const out = new (data.constructor as new (length: number) => typeof data)(data.length)
  const last = perm.length - 1
  // A row of the result at a time: all but its place in `from` is then one step.
  const [length, step] = [newShape[last] ?? 1, steps[last] ?? 0]
  const index = new Array<number>(perm.length).fill(0)
  for (let to = 0, from = 0; to < out.length; ) {
    for (let i = 0; i < length; i++) out[to++] = data[from + i * step] as never
    for (let axis = last - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1
      from += steps[axis] ?? 0
      if (next < (newShape[axis] ?? 1)) {
        index[axis] = next
        break
      }
      from -= (steps[axis] ?? 0) * next
      index[axis] = 0
    }
  }
  return { ...constant, shape: newShape, data: out }
}

/** Whether a Transpose of this shape moves axes of length 1 only, so that every element stays where it lies. */
export function movesOnlyOnes(shape: Shape, perm: readonly number[]): boolean {
  const moved = perm.filter((axis) => shape[axis] !== 1)
  return moved.every((axis, i) => axis > (moved[i - 1] ?? -1))
}

/** Two permutations after each other: `first`, then `second`. */
export const compose = (first: readonly number[], second: readonly number[]): number[] =>
  second.map((axis) => first[axis] ?? 0)

export const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i)

/** The permutation that undoes `perm`. */
export const invert = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i))
