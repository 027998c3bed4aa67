/** Constants of a recording that are as long as an open dimension: one row for all places, or the places' own numbers.
 *  What differs in any other way is no constant of the model. */
import type { Draft } from '../graph/draft.ts'
import type { Constant, Dim } from '../graph/graph.ts'
import type { Lengths } from './lengths.ts'

/** @param constants  one of each recording
 *  @returns the value that is written for them; undefined where they are no rows */
export function writeRows(
  to: Draft,
  lengths: Lengths,
  name: string,
  constants: readonly Constant[],
): string | undefined {
  const open = openAxes(constants, lengths)
  if (open === undefined) return undefined
  const row = [...open.keys()].reduce(rowOf, constants[0]!)
  const isRepeated = constants.every((constant) => isRow(constant, row))
  if (!isRepeated && !(open.size === 1 && constants.every(isCount))) return undefined
  const spread = (one: Constant, as: string): string => {
    const shape = one.shape.map((_, axis) => open.get(axis) ?? 1)
    return to.add('Expand', [to.constant(`${as}/row`, one), lengths.list(`${as}/shape`, shape)], {}, as)
  }
  if (isRepeated) return spread(row, name)
  const ones = spread(
    { ...row, data: row.dtype === 'float32' ? Float32Array.of(1) : Int32Array.of(1) },
    `${name}/ones`,
  )
  const along = to.scalar(`${name}/axis`, [...open.keys()][0]!, 'int32')
  return to.add('CumSum', [ones, along], { exclusive: 1, reverse: 0 }, name)
}

/** The axes in which constants differ as open dimensions do, with those dimensions; undefined where others differ. */
function openAxes(constants: readonly Constant[], lengths: Lengths): Map<number, Dim> | undefined {
  const [first, ...others] = constants
  if (others.some(({ shape }) => shape.length !== first!.shape.length)) return undefined
  const open = new Map<number, Dim>()
  for (const axis of first!.shape.keys()) {
    const dim = lengths.dimOf(constants.map(({ shape }) => shape[axis]!))
    if (dim === undefined) return undefined
    if (typeof dim === 'string') open.set(axis, dim)
  }
  return open.size === 0 ? undefined : open
}

const elements = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1)

/** The first row along an axis. */
function rowOf({ dtype, shape, data }: Constant, axis: number): Constant {
  const [outer, inner] = [elements(shape.slice(0, axis)), elements(shape.slice(axis + 1))]
  const row = new (data.constructor as new (length: number) => typeof data)(outer * inner)
  for (let i = 0; i < row.length; i++) {
    row[i] = data[Math.floor(i / inner) * inner * shape[axis]! + (i % inner)] as never
  }
  return { dtype, shape: shape.with(axis, 1), data: row }
}

/** Whether a constant is this row all along the axes in which the row has length 1. */
function isRow({ shape, data }: Constant, row: Constant): boolean {
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)))
  const own = shape.map((_, axis) => (row.shape[axis] === 1 ? 0 : elements(row.shape.slice(axis + 1))))
  return data.every((value, i) => {
    const at = shape.reduce(
      (place, size, axis) => place + (Math.floor(i / strides[axis]!) % size) * own[axis]!,
      0,
    )
    return Object.is(value, row.data[at])
  })
}

/** Whether a constant is 0, 1, 2…, along one axis. */
const isCount = ({ dtype, shape, data }: Constant): boolean =>
  (dtype === 'int32' || dtype === 'float32') &&
  shape.every((size) => size === 1 || size === data.length) &&
  data.every((value, i) => value === i)
