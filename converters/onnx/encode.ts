/** A graph as an ONNX file. The library writes every header; the weights are framed by its own writer's tags and
 *  go to the file as they lie in memory, so that a large model is never held twice. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { WholeFile } from '../../whole-file.ts'
import { atOpset, DEFAULT_OPSET, IR_VERSIONS, type Opset } from '../graph/at-opset.ts'
import type { Attribute, Constant, Graph, Node, TensorType } from '../graph/graph.ts'
import { type AttributeKind, DTYPE_NUMBERS, operatorOf } from '../graph/operators.ts'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts'

export interface EncodeOptions {
  /** Keys and values of `metadata_props`; ours begin with `roentgen.`. */
  metadata?: ReadonlyMap<string, string>
  /** Version of the ONNX operator set, 18 by default. */
  opset?: Opset
  graphName?: string
}

/** Field numbers of onnx.proto whose bytes we frame ourselves. */
const MODEL_GRAPH = 7
const GRAPH_INITIALIZER = 5
const TENSOR_RAW_DATA = 9

/** Writes the model; the file has its name only when it is whole.
 *  @param prove  looks at the file before it has its name, and gives more metadata, which stand at its end
 *  @throws ROE_WRITE, ROE_OPSET where the opset cannot say an operator, and what `prove` throws; nothing is left behind then */
export async function writeModel(
  graph: Graph,
  path: string,
  options: EncodeOptions = {},
  prove?: (unproven: string) => Promise<ReadonlyMap<string, string>>,
): Promise<void> {
  const file = await WholeFile.create(path)
  try {
    for (const chunk of modelChunks(graph, options)) await file.write(chunk)
    if (prove !== undefined) await file.write(metadataBytes(await prove(file.temporary)))
    await file.finish()
  } catch (error) {
    await file.abandon()
    throw error
  }
}

/** Lets `use` see the model as a file, which is gone afterwards. */
export async function withModelFile<T>(graph: Graph, use: (path: string) => Promise<T>): Promise<T> {
  const file = await WholeFile.create(join(tmpdir(), 'roentgen.onnx'))
  try {
    for (const chunk of modelChunks(graph, {})) await file.write(chunk)
    return await use(file.temporary)
  } finally {
    await file.abandon()
  }
}

/** The model as bytes in memory, for small models and sessions that are opened at once. */
export const encodeModel = (graph: Graph, options: EncodeOptions = {}): Uint8Array =>
  Buffer.concat([...modelChunks(graph, options)])

/** Entries of `metadata_props`; protobuf takes them at any place between other fields. */
const metadataBytes = (metadata: ReadonlyMap<string, string>): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { metadataProps: [...metadata].map(([key, value]) => ({ key, value })) }),
  )

function* modelChunks(
  given: Graph,
  { metadata, opset = DEFAULT_OPSET, graphName = 'roentgen' }: EncodeOptions,
): Generator<Uint8Array> {
  const graph = atOpset(given, opset)
  const header = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSIONS[opset]),
    producerName: 'roentgen',
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    metadataProps: [...(metadata ?? [])].map(([key, value]) => ({ key, value })),
  })
  const body = toBinary(
    GraphProtoSchema,
    create(GraphProtoSchema, {
      name: graphName,
      node: graph.nodes.map(nodeProto),
      input: graph.inputs.map((name) => valueInfo(name, graph)),
      output: graph.outputs.map((name) => valueInfo(name, graph)),
    }),
  )
  const weights = [...graph.constants].map(([name, constant]) => framedWeight(name, constant))
  const length = weights.reduce(
    (sum, { frame, raw }) => sum + frame.byteLength + raw.byteLength,
    body.byteLength,
  )
  yield toBinary(ModelProtoSchema, header)
  yield new BinaryWriter().tag(MODEL_GRAPH, WireType.LengthDelimited).uint32(length).finish()
  yield body
  for (const { frame, raw } of weights) {
    yield frame
    yield raw
  }
}

/** The bytes that stand before a weight's values, and the values themselves (not copied). */
function framedWeight(
  name: string,
  { dtype, shape, data }: Constant,
): { frame: Uint8Array; raw: Uint8Array } {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const header = toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: DTYPE_NUMBERS[dtype] }),
  )
  const rawTag = new BinaryWriter()
    .tag(TENSOR_RAW_DATA, WireType.LengthDelimited)
    .uint32(raw.byteLength)
    .finish()
  const length = header.byteLength + rawTag.byteLength + raw.byteLength
  const tag = new BinaryWriter().tag(GRAPH_INITIALIZER, WireType.LengthDelimited).uint32(length).finish()
  return { frame: Buffer.concat([tag, header, rawTag]), raw }
}

const nodeProto = ({ name, op, inputs, outputs, attributes }: Node) =>
  create(NodeProtoSchema, {
    name,
    opType: op,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) =>
      attributeProto(key, value, operatorOf(op)?.attributes[key] ?? 'int'),
    ),
  })

/** Fills the one field of an AttributeProto that belongs to its kind. */
const FILL: Record<AttributeKind, (attribute: AttributeProto, value: Attribute) => void> = {
  int: (attribute, value) => {
    attribute.type = AttributeProto_AttributeType.INT
    attribute.i = BigInt(value as number)
  },
  ints: (attribute, value) => {
    attribute.type = AttributeProto_AttributeType.INTS
    attribute.ints = (value as readonly number[]).map(BigInt)
  },
  float: (attribute, value) => {
    attribute.type = AttributeProto_AttributeType.FLOAT
    attribute.f = value as number
  },
  floats: (attribute, value) => {
    attribute.type = AttributeProto_AttributeType.FLOATS
    attribute.floats = [...(value as readonly number[])]
  },
  string: (attribute, value) => {
    attribute.type = AttributeProto_AttributeType.STRING
    attribute.s = Buffer.from(value as string)
  },
}

function attributeProto(name: string, value: Attribute, kind: AttributeKind): AttributeProto {
  const attribute = create(AttributeProtoSchema, { name })
  FILL[kind](attribute, value)
  return attribute
}

function valueInfo(name: string, graph: Graph): ValueInfoProto {
  const { dtype, shape } = graph.types.get(name) as TensorType
  const dim = shape.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  )
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: DTYPE_NUMBERS[dtype], shape: { dim } } } },
  })
}
