/** A damaged topology may ask for layers of any size. tfjs makes their weights before it is told that those of the file
 *  do not fit, so they are counted as they are made. */
import { AsyncLocalStorage } from 'node:async_hooks'
import * as tfl from '@tensorflow/tfjs-layers'
import type { NamedTensor } from '../../tensor.ts'

interface Budget {
  given: number
  left: number
}

const current = new AsyncLocalStorage<Budget>()

/** Layers may have values that the file lacks, and be told so by name: twice as many, and a million. */
const MORE = { times: 2, plus: 1 << 20 }

/** Runs `build`, in which layers may get as many values as `tensors` hold, and some more.
 *  @throws Error with the weight that would be too much */
export function withinBudget<T>(tensors: readonly NamedTensor[], build: () => Promise<T>): Promise<T> {
  const given = tensors.reduce((sum, { data }) => sum + data.length, 0)
  return current.run({ given, left: given * MORE.times + MORE.plus }, build)
}

type AddWeight = (name: string, shape: number[], ...rest: unknown[]) => tfl.LayerVariable
const prototype = tfl.layers.Layer.prototype as unknown as { addWeight: AddWeight }
const { addWeight } = prototype

prototype.addWeight = function counted(this: tfl.layers.Layer, name: string, shape: number[], ...rest) {
  const budget = current.getStore()
  if (budget !== undefined) {
    budget.left -= shape.reduce((product, size) => product * size, 1)
    // Not a number where a size is none.
    if (!(budget.left >= 0))
      throw new Error(
        `weight '${this.name}/${name}' would have the shape [${shape}], but the file holds ${budget.given} values in all`,
      )
  }
  return addWeight.call(this, name, shape, ...rest)
}
