/** What the first look into an ONNX file tells: metadata, inputs and outputs, without opening a session.
 *  Weights are not copied: the decoder leaves them as views of the file's bytes, which are dropped afterwards. */
import { fromBinary } from '@bufbuild/protobuf'
import { RoentgenError } from '../../errors.ts'
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  TensorProto_DataType,
  type ValueInfoProto,
} from './generated/onnx_pb.ts'

export interface TensorInfo {
  name: string
  /** As ONNX spells it, in small letters: uint8, float, float16; 'unknown' when the file does not say. */
  dtype: string
  /** null for an open dimension; empty also when the file does not say. */
  shape: readonly (number | null)[]
  /** Where more than the batch is open: what the file calls each dimension; empty where it does not say, or has a number. */
  names?: readonly string[]
}

export interface ModelHeader {
  metadata: ReadonlyMap<string, string>
  inputs: readonly TensorInfo[]
  outputs: readonly TensorInfo[]
}

/** Reads the header of an ONNX model.
 *  @param bytes  the whole file   @param where  its path, for the error
 *  @throws ROE_MODEL_INVALID when the bytes are no ONNX model */
export const readHeader = (bytes: Uint8Array, where: string): ModelHeader =>
  headerOf(decodeModel(bytes, where))

/** The header of a decoded model. */
export function headerOf({ graph, metadataProps }: DecodedModel): ModelHeader {
  const constants = new Set(graph.initializer.map(({ name }) => name))
  return {
    metadata: new Map(metadataProps.map(({ key, value }) => [key, value])),
    inputs: graph.input.filter(({ name }) => !constants.has(name)).map(tensorInfo),
    outputs: graph.output.map(tensorInfo),
  }
}

/** A model that has a graph. */
export type DecodedModel = ModelProto & { graph: GraphProto }

/** @throws ROE_MODEL_INVALID when the bytes are no ONNX model */
export function decodeModel(bytes: Uint8Array, where: string): DecodedModel {
  const invalid = (problem: string, cause?: unknown) =>
    new RoentgenError('ROE_MODEL_INVALID', { where, problem }, { cause })
  if (bytes.length === 0) throw invalid('the file is empty')
  try {
    const model = fromBinary(ModelProtoSchema, bytes)
    if (hasNodes(model.graph)) return { ...model, graph: model.graph }
  } catch (cause) {
    // The decoder's own words ("premature EOF") speak of its bytes, not of the user's file.
    throw invalid('it is damaged or no ONNX file', cause)
  }
  throw invalid('it holds no graph')
}

const hasNodes = (graph: GraphProto | undefined): graph is GraphProto =>
  graph !== undefined && graph.node.length > 0

const DTYPES = new Map<number, string>(
  Object.entries(TensorProto_DataType).map(([name, value]) => [value, name.toLowerCase()]),
)

function tensorInfo({ name, type }: ValueInfoProto): TensorInfo {
  if (type?.value.case !== 'tensorType') return { name, dtype: 'unknown', shape: [] }
  const { elemType, shape } = type.value.value
  const dims = (shape?.dim ?? []).map(({ value }) => value)
  const sizes = dims.map((dim) => (dim.case === 'dimValue' ? Number(dim.value) : null))
  const names = dims.map((dim) => (dim.case === 'dimParam' ? dim.value : ''))
  return {
    name,
    dtype: DTYPES.get(elemType) ?? 'unknown',
    shape: sizes,
    ...(sizes.slice(1).includes(null) && { names }),
  }
}

/** `uint8 [N, 224, 224, 3]`, for messages. An open dimension without a name is `N` where it comes first, else `?`. */
export const describeTensor = ({
  dtype,
  shape,
  names,
}: Pick<TensorInfo, 'dtype' | 'shape' | 'names'>): string =>
  `${dtype} [${shape.map((size, axis) => size ?? (names?.[axis] || (axis === 0 ? 'N' : '?'))).join(', ')}]`
