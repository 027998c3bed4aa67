/** Shapes to try a graph at where its inputs are open: small, unlike each other, and such that no map becomes empty. */
import { dimAt, namesIn, type Sizes } from './dims.ts'
import { BATCH, type Graph, type Shape, type TensorType } from './graph.ts'

/** The batches that are tried. */
export const BATCHES = [1, 3] as const

/** Lengths of open axes, the least that will do is taken. */
const LENGTHS = [8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024] as const

/** No map may be shorter: of a single pixel little is seen. */
const LEAST_MAP = 2

/** @param least  no open axis is shorter
 *  @returns for each run the shape of each input; one run where nothing is open */
export function trialShapes({ inputs, types }: Pick<Graph, 'inputs' | 'types'>, least = 32): number[][][] {
  const shapes = inputs.map((name) => types.get(name)!.shape)
  const all = [...types.values()]
  const fits = (trial: readonly Sizes[]): boolean =>
    trial.every((sizes) => all.every((type) => isWhole(type, sizes)))
  const trials = LENGTHS.filter((length) => length >= least).map((length) => trialAt(shapes, length))
  const trial = trials.find(fits) ?? trials.at(-1)!
  const runs = shapes.flat().some((dim) => typeof dim === 'string') ? trial : trial.slice(0, 1)
  return runs.map((sizes) => shapes.map((shape) => shape.map((dim) => dimAt(dim, sizes))))
}

const isWhole = ({ shape }: TensorType, sizes: Sizes): boolean =>
  shape.every((dim) => typeof dim === 'number' || Object.hasOwn(sizes, dim) || dimAt(dim, sizes) >= LEAST_MAP)

/** Sizes of two runs: every name has another, even in the one and odd in the other. */
function trialAt(shapes: readonly Shape[], length: number): Sizes[] {
  const factors = new Map<string, number>()
  for (const dim of shapes.flat())
    for (const name of namesIn(dim)) if (name !== BATCH) factors.set(name, dimAt(dim, { [name]: 1 }))
  return BATCHES.map((batch, run) => {
    const sizes = [...factors].map(([name, factor], i) => {
      const least = Math.ceil(length / factor) + 2 * i
      return [name, least + run * (2 * Math.ceil(least / 8) + 1)] as const
    })
    return { ...Object.fromEntries(sizes), [BATCH]: batch }
  })
}
