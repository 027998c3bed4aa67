/** What an ONNX file is made of: its nodes and weights, without opening a session. */
import { macsOf } from '../graph/macs.ts'
import type { TensorProto } from './generated/onnx_pb.ts'
import { decodeModel, headerOf, type ModelHeader } from './header.ts'
import { typedNodes } from './value-types.ts'

export interface ModelStructure {
  header: ModelHeader
  /** Of ONNX's own operators. */
  opset: number
  producer: string
  /** Numbers among the constants: floating point, so no shapes and axes. */
  parameters: number
  /** Multiply-accumulates for one input; null where they are not known: see `macsOf`. */
  macs: number | null
  /** In the file's order; a weight counts for the first node that reads it. */
  nodes: { name: string; op: string; parameters: number }[]
}

/** TensorProto.DataType: FLOAT, INT8, UINT8, FLOAT16, DOUBLE, BFLOAT16: what weights, quantized ones too, are kept as. */
const WEIGHT_TYPES = new Set([1, 2, 3, 10, 11, 16])

/** @param bytes  the whole file   @param where  its path, for the error   @throws ROE_MODEL_INVALID */
export function readStructure(bytes: Uint8Array, where: string): ModelStructure {
  const model = decodeModel(bytes, where)
  const open = new Map(model.graph.initializer.map((constant) => [constant.name ?? '', sizeOf(constant)]))
  const parameters = [...open.values()].reduce((sum, size) => sum + size, 0)
  const nodes = model.graph.node.map(({ name, opType, input }) => {
    const own = input.reduce((sum, value) => sum + take(open, value), 0)
    return { name: name ?? '', op: opType ?? '', parameters: own }
  })
  const [header, typed] = [headerOf(model), typedNodes(model.graph)]
  // What operators of other domains compute is theirs to say.
  const isForeign = model.graph.node.some(({ domain = '' }) => !['', 'ai.onnx'].includes(domain))
  const opset = model.opsetImport.find(({ domain }) => domain === undefined || domain === '')?.version
  return {
    header,
    opset: Number(opset ?? 0),
    producer: model.producerName ?? '',
    parameters,
    macs: isForeign
      ? null
      : macsOf({ inputs: header.inputs.map(({ name }) => name), nodes: typed.nodes }, typed.types),
    nodes,
  }
}

const sizeOf = ({ dims, dataType }: TensorProto): number =>
  WEIGHT_TYPES.has(dataType ?? 0) ? dims.reduce((product, size) => product * Number(size), 1) : 0

function take(open: Map<string, number>, name: string): number {
  const size = open.get(name) ?? 0
  open.delete(name)
  return size
}
