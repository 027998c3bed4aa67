/** The thinnest way to run an ONNX model: what conversion needs to prove itself. Scoring has `src/infer`. */
import * as ort from 'onnxruntime-node'
import { problemOf, RoentgenError } from '../../errors.ts'
import type { DType } from '../graph/graph.ts'

export interface Values {
  dtype: Extract<DType, 'float32' | 'int32' | 'uint8'>
  shape: readonly number[]
  data: Float32Array | Int32Array | Uint8Array
}

/** Runs a model once, in fp32 on the cpu provider.
 *  @param model  a path, or the bytes
 *  @throws ROE_MODEL_INVALID, ROE_INFERENCE */
export async function runOnnx(
  model: string | Uint8Array,
  feeds: readonly (readonly [string, Values])[][],
): Promise<Map<string, Float32Array>[]> {
  const where = typeof model === 'string' ? model : 'the model in memory'
  const options = { executionProviders: ['cpu'], logSeverityLevel: 4 as const }
  let session: ort.InferenceSession
  try {
    session = await (typeof model === 'string'
      ? ort.InferenceSession.create(model, options)
      : ort.InferenceSession.create(model, options))
  } catch (error) {
    throw new RoentgenError('ROE_MODEL_INVALID', { where, problem: problemOf(error) }, { cause: error })
  }
  try {
    const results: Map<string, Float32Array>[] = []
    for (const feed of feeds) {
      const tensors = feed.map(([name, { dtype, shape, data }]) => [
        name,
        new ort.Tensor(dtype, data as never, shape),
      ])
      const outputs = await session.run(Object.fromEntries(tensors))
      results.push(
        new Map(
          Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.data as never)]),
        ),
      )
    }
    return results
  } catch (error) {
    throw new RoentgenError('ROE_INFERENCE', { where, problem: problemOf(error) }, { cause: error })
  } finally {
    await session.release()
  }
}
