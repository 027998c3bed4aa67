/** How many classes a model gives, told by recording it. */

import type { ReadModel } from '../../converters/read/models/model.ts'
import { record } from '../../converters/record/record.ts'
import type { Signature } from './convert-facts.ts'

/** How many numbers the one output gives a film; undefined where there are several outputs, or more axes. */
export async function columnsOf(
  { run, inputs, outputs, maps }: Signature,
  { layers, names }: ReadModel,
): Promise<number | undefined> {
  if (outputs.length !== (maps === undefined ? 1 : 2)) return undefined
  const graph = await record(run, { inputs, outputs, layers, names })
  const shape = graph.types.get(graph.outputs[0]!)?.shape ?? []
  return shape.length === 2 && typeof shape[1] === 'number' ? shape[1] : undefined
}
