/** The thinnest way to run an ONNX model, in the process that calls it. Scoring has `src/infer`. */
import { availableParallelism } from 'node:os'
import { problemOf, RoentgenError } from '../../errors.ts'
import { fromHalf } from '../graph/float16.ts'
import { type Engine, type InferenceSession, loadEngine, type Tensor } from './onnxruntime.ts'
import type { Computed, Feed } from './runner.ts'

/** Half of the cores: what the numbers are compared with is computed at the same time, and takes longer. */
const OPTIONS = {
  executionProviders: ['cpu'],
  logSeverityLevel: 4 as const,
  intraOpNumThreads: Math.ceil(availableParallelism() / 2),
}

/** Runs a model on each feed, in fp32 on the cpu provider. See `runner.ts`.
 *  @throws ROE_MODEL_INVALID, ROE_INFERENCE */
export async function runOnnx(
  model: string | Uint8Array,
  feeds: readonly Feed[],
): Promise<ReadonlyMap<string, Computed>[]> {
  const where = typeof model === 'string' ? model : 'the model in memory'
  const engine = await loadEngine()
  const session = await engine.open(model, OPTIONS).catch((error: unknown) => {
    throw new RoentgenError('ROE_MODEL_INVALID', { where, problem: problemOf(error) }, { cause: error })
  })
  try {
    const results: ReadonlyMap<string, Computed>[] = []
    for (const feed of feeds) results.push(computed(await session.run(tensorsOf(feed, engine))))
    return results
  } catch (error) {
    throw new RoentgenError('ROE_INFERENCE', { where, problem: problemOf(error) }, { cause: error })
  } finally {
    await session.release()
  }
}

const tensorsOf = (feed: Feed, { Tensor }: Engine): Record<string, Tensor> =>
  Object.fromEntries(
    feed.map(([name, { dtype, shape, data }]) => [name, new Tensor(dtype, data as never, shape)]),
  )

const computed = (outputs: InferenceSession.OnnxValueMapType): Map<string, Computed> =>
  new Map(
    Object.entries(outputs).map(([name, { dims, type, data }]) => [
      name,
      { shape: [...dims], data: numbersOf(type, data) },
    ]),
  )

/** Half precision comes as bits where Node has no Float16Array. What else is not float32 is counted in float64, which holds every whole number that models give. */
function numbersOf(type: string, data: unknown): Computed['data'] {
  if (data instanceof Float32Array) return data
  if (type === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, fromHalf)
  return Float64Array.from(data as ArrayLike<number>, Number)
}
