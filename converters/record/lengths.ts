/** Numbers that differ between recordings, found again as lengths of dimensions; and those lengths as values of the
 *  graph. They are read from an input where one has them, else from the last value that has: behind a convolution, the sum
 *  with its bias and its activation, which the rules can then make one. */
import { dimAt, type Sizes } from '../graph/dims.ts'
import type { Draft } from '../graph/draft.ts'
import type { Dim } from '../graph/graph.ts'

/** A value, and the axis whose length it is. */
interface Place {
  dim: Dim
  value: string
  axis: number
}

export class Lengths {
  readonly #to: Draft
  readonly #probes: readonly Sizes[]
  /** By the lengths that a dimension has in the recordings. */
  readonly #places = new Map<string, Place>()
  /** What was written: shapes of values, and lengths of dimensions. */
  readonly #shapes = new Map<string, string>()
  readonly #read = new Map<Dim, string>()

  /** @param probes  the sizes of each recording */
  constructor(to: Draft, probes: readonly Sizes[]) {
    this.#to = to
    this.#probes = probes
  }

  /** Remembers the open dimensions of a value. */
  note(value: string): void {
    for (const [axis, dim] of this.#to.typeOf(value).shape.entries()) {
      if (typeof dim === 'number') continue
      const key = String(this.at(dim))
      const known = this.#places.get(key)
      if (known === undefined || !this.#to.inputs.includes(known.value))
        this.#places.set(key, { dim, value, axis })
    }
  }

  /** The length of a dimension in each recording. */
  at(dim: Dim): number[] {
    return this.#probes.map((sizes) => dimAt(dim, sizes))
  }

  /** The number, or the open dimension seen so far, that is so long in each recording; undefined where there is none. */
  dimOf(lengths: readonly number[]): Dim | undefined {
    const isNumber = lengths.every((length) => length === lengths[0])
    return isNumber ? lengths[0] : this.#places.get(String(lengths))?.dim
  }

  /** An int64 list of lengths, each of them a number or what `dimOf` gave. */
  list(name: string, dims: readonly Dim[]): string {
    const parts = dims.map((dim) =>
      typeof dim === 'number' ? this.#to.integers(`${name}/${dim}`, [dim]) : this.#length(dim),
    )
    return parts.length === 1 ? parts[0]! : this.#to.add('Concat', parts, { axis: 0 }, name)
  }

  #length(dim: Dim): string {
    const known = this.#read.get(dim)
    if (known !== undefined) return known
    const { value, axis } = this.#places.get(String(this.at(dim)))!
    const shape = this.#shapes.get(value) ?? this.#to.add('Shape', [value], {}, `${value}/shape`)
    this.#shapes.set(value, shape)
    const index = this.#to.integers(`${value}/axis`, [axis])
    const length = this.#to.add('Gather', [shape, index], { axis: 0 }, `${value}/length`)
    this.#read.set(dim, length)
    return length
  }
}
