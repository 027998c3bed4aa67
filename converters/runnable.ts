/** Any model as something that can be run on given inputs: those of tfjs and Keras by tfjs, ONNX files by ONNX Runtime. */
import { RoentgenError } from '../errors.ts'
import { eitherModel } from './either-model.ts'
import { requireData } from './onnx/external-data.ts'
import { decodeModel, describeTensor, headerOf, type TensorInfo } from './onnx/header.ts'
import { readBytes } from './onnx/read-bytes.ts'
import { runOnnx } from './onnx/runner.ts'
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
  eitherModel(path, (source) => ofSource(source, options), ofOnnx)

async function ofSource(path: string, options: ReadOptions | undefined): Promise<Runnable> {
  const { format, inputs, outputs, run, dispose } = await readModel(path, options)
  return { path, format, inputs, outputs, run: referenceOf(run), dispose }
}

async function ofOnnx(path: string): Promise<Runnable> {
  const model = decodeModel(await readBytes(path), path)
  await requireData(model, path)
  const { inputs, outputs } = headerOf(model)
  const names = outputs.map(({ name }) => name)
  return {
    path,
    format: 'ONNX',
    inputs: inputs.map((input) => inputOf(input, path)),
    outputs: names,
    run: async (feeds) => {
      const results = await runOnnx(path, feeds)
      return { runs: results.map((result) => names.map((name) => result.get(name)!)), by: 'ONNX Runtime' }
    },
    dispose: () => {},
  }
}

/** ONNX's name of a type -> ours. */
const DTYPES: Readonly<Record<string, RecordInput['dtype']>> = {
  float: 'float32',
  int32: 'int32',
  uint8: 'uint8',
}

function inputOf({ name, dtype, shape }: TensorInfo, path: string): RecordInput {
  const known = DTYPES[dtype]
  if (known !== undefined) return { name, dtype: known, shape }
  throw new RoentgenError('ROE_MODEL_INPUT', {
    where: `${path}: input '${name}'`,
    expected: 'float32, int32 or uint8',
    received: describeTensor({ dtype, shape }),
  })
}
