/** Any model as something that can be run on given inputs: those of tfjs and Keras by tfjs, ONNX files by ONNX Runtime. */
import { eitherModel } from './either-model.ts'
import { openOnnx } from './open-onnx.ts'
import { type ReadOptions, readModel } from './read/models/read-model.ts'
import type { RecordInput } from './record/record.ts'
import { type Reference, referenceOf } from './reference.ts'

export interface Runnable {
  path: string
  format: string
  inputs: readonly RecordInput[]
  outputs: readonly string[]
  run: Reference
  dispose: () => void
}

/** @throws what reading throws; ROE_MODEL_INPUT where an ONNX file takes other types than models of tfjs */
export const openRunnable = (path: string, options?: ReadOptions): Promise<Runnable> =>
  eitherModel(path, (source) => ofSource(source, options), openOnnx)

async function ofSource(path: string, options: ReadOptions | undefined): Promise<Runnable> {
  const { format, inputs, outputs, run, dispose } = await readModel(path, options)
  return { path, format, inputs, outputs, run: referenceOf(run), dispose }
}
