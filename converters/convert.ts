/** From a function of tfjs to an ONNX file that is kept only when it gives the same results. */
import { readFile, rm } from 'node:fs/promises'
import { writeWhole } from '../whole-file.ts'
import type { Graph } from './graph/graph.ts'
import { writeModel } from './onnx/encode.ts'
import { withMetadata } from './onnx/metadata.ts'
import { type RecordedFunction, type RecordOptions, record } from './record/record.ts'
import { rewrite } from './rewrite/rewrite.ts'
import { measureParity, type Parity, requireParity, type VerifyOptions } from './verify.ts'

export interface ConvertOptions extends RecordOptions {
  /** Kept in the file as `metadata_props`; `roentgen.parity` is added. */
  metadata?: ReadonlyMap<string, string>
  /** Inputs of use that the exported model is tried on, beside random ones. */
  samples?: NonNullable<VerifyOptions['samples']>
  /** What is done about a difference from tfjs: `required` refuses it, `told` keeps the file with the parity that was
   *  measured, `none` does not look. */
  proof?: 'required' | 'told' | 'none'
}

export interface Converted {
  graph: Graph
  parity: Parity[]
}

/** Records `fn`, rewrites the graph, writes it, runs it against tfjs, and only then gives it its name.
 *  @throws ROE_OP_UNSUPPORTED, ROE_VALUE_UNKNOWN, ROE_BATCH_FIXED, ROE_PARITY, ROE_WRITE; nothing is left behind */
export async function convert(
  fn: RecordedFunction,
  path: string,
  options: ConvertOptions,
): Promise<Converted> {
  const graph = rewrite(await record(fn, options))
  const unproven = `${path}.${process.pid}.unproven`
  try {
    await writeModel(graph, unproven)
    const { proof = 'required' } = options
    const parity = proof === 'none' ? [] : await measureParity(fn, unproven, options)
    if (proof === 'required') for (const one of parity) requireParity(one, path)
    const metadata = new Map(options.metadata)
    if (proof !== 'none') metadata.set('roentgen.parity', JSON.stringify(parity))
    await writeWhole(path, withMetadata(await readFile(unproven), metadata))
    return { graph, parity }
  } finally {
    await rm(unproven, { force: true })
  }
}
