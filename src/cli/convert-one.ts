/** One model, from its path to the file under its name: the processes that prove it start while tfjs, which converts it, is
 *  loaded. */
import type { LossyWeight, Opset, Parity, Precision } from '../../converters/index.ts'
import { startRunner } from '../../converters/onnx/runner.ts'
import type { RoentgenError } from '../../errors.ts'
import type { SaidFacts } from './convert-facts.ts'
import { referenceApart } from './convert-reference.ts'

export interface ConvertSettings extends SaidFacts {
  proof: 'required' | 'told' | 'none'
  opset: Opset
  precision: Precision
  /** What stays in float32 under fp16. */
  fp32: readonly string[]
  /** Files of inputs to compare on, beside random ones, with commas. */
  samples?: string | undefined
  /** Whether the graph is told, too. */
  verbose: boolean
  /** Receives a line for each thing that is worth knowing. */
  note: (line: string) => void
}

export interface ConvertedModel {
  model: string
  format: string
  out: string
  parameters: number
  nodes: number
  inputs: string[]
  outputs: string[]
  /** Weights whose numbers fp16 does not hold. */
  lossy: readonly LossyWeight[]
  parity: Parity[]
  /** The difference that --keep did not stop at. */
  difference: RoentgenError | undefined
}

/** @throws what reading, recording and comparing throw; nothing is left behind then */
export async function convertOne(
  path: string,
  out: string,
  settings: ConvertSettings,
): Promise<ConvertedModel> {
  const { note, ...facts } = settings
  const reference = settings.proof === 'none' ? undefined : referenceApart(path, facts, note)
  if (reference !== undefined) startRunner()
  try {
    const { convertNamed } = await import('./convert-named.ts')
    return await convertNamed(path, out, settings, reference)
  } finally {
    reference?.stop()
  }
}
