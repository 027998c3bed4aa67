/** Inputs whose values are places in a table (words of an Embedding): how many places there are. */
import type { Graph } from './graph.ts'
import { positive } from './shape-rules.ts'

/** Operators that give values of their first input on, moved or in another type. */
const MOVES: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Reshape', 'Slice', 'Transpose'])

/** @returns for each such input the number that its values stay below; those that are no places are left out */
export function indexLimits({ inputs, nodes, types }: Graph): Map<string, number> {
  const limits = new Map<string, number>()
  const sources = new Map(inputs.map((name) => [name, name]))
  for (const { op, inputs: values, outputs, attributes } of nodes) {
    const moved = sources.get(values[0] ?? '')
    if (MOVES.has(op) && moved !== undefined) sources.set(outputs[0]!, moved)
    const place = op === 'Gather' ? sources.get(values[1]!) : undefined
    if (place === undefined) continue
    const { shape } = types.get(values[0]!)!
    const size = shape[positive(Number(attributes.axis ?? 0), shape.length)]
    if (typeof size === 'number') limits.set(place, Math.min(size, limits.get(place) ?? size))
  }
  return limits
}
