/** An ONNX file as something that can be run on given inputs, and its header. Loads no tfjs. */
import { RoentgenError } from '../errors.ts'
import { requireData } from './onnx/external-data.ts'
import { decodeModel, describeTensor, headerOf, type ModelHeader, type TensorInfo } from './onnx/header.ts'
import { readBytes } from './onnx/read-bytes.ts'
import { runOnnx } from './onnx/runner.ts'
import type { RecordInput } from './record/record.ts'
import type { Runnable } from './runnable.ts'

export interface OnnxFile extends Runnable {
  header: ModelHeader
}

/** @throws what reading throws; ROE_MODEL_INPUT where it takes other types than models of tfjs */
export async function openOnnx(path: string): Promise<OnnxFile> {
  const model = decodeModel(await readBytes(path), path)
  await requireData(model, path)
  const header = headerOf(model)
  const names = header.outputs.map(({ name }) => name)
  return {
    path,
    format: 'ONNX',
    header,
    inputs: header.inputs.map((input) => inputOf(input, path)),
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
