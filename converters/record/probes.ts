/** The sizes that a function is recorded with where its inputs are open. Nothing is computed while recording, so they may
 *  be large: no constant of a network is mistaken for one, even and odd ones are among them, and they are unlike each
 *  other. What a network takes is not known before: plans are tried until tfjs takes one. */
import { dimAt, dimProduct, type Sizes } from '../graph/dims.ts'
import { BATCH, type Shape } from '../graph/graph.ts'
import type { RecordInput } from './record.ts'

export interface Plan {
  /** Shapes of the inputs, with names in the place of open sizes. */
  shapes: readonly Shape[]
  /** For each recording the sizes of the names. */
  probes: readonly Sizes[]
}

/** Names of the axes by rank, channels last; those of other ranks are numbered. */
const AXES: Readonly<Record<number, readonly string[]>> = {
  3: [BATCH, 'L', 'C'],
  4: [BATCH, 'H', 'W', 'C'],
  5: [BATCH, 'D', 'H', 'W', 'C'],
}

const BATCHES = [3, 5, 7] as const
/** The first open size has the first row, the next the same and so much more. */
const LENGTHS = [131, 166, 211] as const
const MORE = [18, 22, 24] as const

/** Multiples of what sizes are tried, and how large: a network with skips takes only multiples of its strides, one with
 *  large windows only large sizes. */
const STEPS: readonly { factor: number; size: (length: number, probe: number) => number }[] = [
  { factor: 1, size: (length) => length },
  // Even and odd ones, as above.
  { factor: 1, size: (length, probe) => 4 * length + probe + 1 },
  ...[2, 4, 8, 16, 32].map((factor) => ({
    factor,
    size: (length: number) => Math.ceil((2 * length) / factor),
  })),
]

/** Plans in the order in which they are tried; the first says least about the sizes. */
export function plansOf(inputs: readonly RecordInput[]): Plan[] {
  const open = inputs.filter((input) => hasOpenSizes([input])).length
  if (open === 0) return [batchPlan(inputs)]
  // Sizes of several inputs may have to be the same.
  const namings =
    open === 1 ? [() => ''] : [({ name }: RecordInput) => `${name.replace(/\W/g, '_')}_`, () => '']
  return STEPS.flatMap((step) => namings.map((prefix) => planOf(inputs, prefix, step)))
}

/** Whether a size other than the batch is open. */
export const hasOpenSizes = (inputs: readonly RecordInput[]): boolean =>
  inputs.some(({ shape }) => shape.slice(1).includes(null))

export const hasOpenBatch = (inputs: readonly RecordInput[]): boolean =>
  inputs.some(({ shape }) => shape[0] === null)

function batchPlan(inputs: readonly RecordInput[]): Plan {
  const shapes = inputs.map(({ shape }) => shape.map((size) => size ?? BATCH))
  return {
    shapes,
    probes: hasOpenBatch(inputs) ? BATCHES.slice(0, 2).map((batch) => ({ [BATCH]: batch })) : [{}],
  }
}

function planOf(
  inputs: readonly RecordInput[],
  prefix: (input: RecordInput) => string,
  { factor, size }: (typeof STEPS)[number],
): Plan {
  const names = new Set<string>()
  const shapes = inputs.map((input) =>
    input.shape.map((size, axis) => {
      if (size !== null) return size
      if (axis === 0) return BATCH
      const name = `${prefix(input)}${axisName(input.shape, axis)}`
      names.add(name)
      return dimProduct([factor, name])
    }),
  )
  const probes = LENGTHS.map((length, i) => {
    const sizes = [...names].map((name, at) => [name, size(length + MORE[i]! * at, i)])
    return { [BATCH]: BATCHES[i]!, ...Object.fromEntries(sizes) }
  })
  return { shapes, probes }
}

function axisName(shape: readonly (number | null)[], axis: number): string {
  const names = AXES[shape.length]
  if (names === undefined) return `D${axis}`
  const isChannelsFirst = shape[1] !== null && shape.at(-1) === null
  return (isChannelsFirst ? [names[0], names.at(-1), ...names.slice(1, -1)] : names)[axis]!
}

/** The numbers of a shape with these sizes. */
export const shapeAt = (shape: Shape, sizes: Sizes): number[] => shape.map((dim) => dimAt(dim, sizes))
