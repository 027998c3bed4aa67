/** A graph as an ONNX file. The library writes every header; the weights are framed by its own writer's tags and
 *  go to the file as they lie in memory, so that a large model is never held twice. */
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { WholeFile, withTemporaryFolder } from '../../whole-file.ts'
import { atOpset, DEFAULT_OPSET, IR_VERSIONS, type Opset } from '../graph/at-opset.ts'
import type { Attribute, Constant, Graph, Node, TensorType } from '../graph/graph.ts'
import { type AttributeKind, DTYPE_NUMBERS, operatorOf } from '../graph/operators.ts'
import { dataPath, LEAST_APART, MOST_INLINE, type Place, placesOf } from './external-data.ts'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts'

export interface EncodeOptions {
  /** Keys and values of `metadata_props`; ours begin with `roentgen.`. */
  metadata?: ReadonlyMap<string, string>
  /** Version of the ONNX operator set, 18 by default. */
  opset?: Opset
  /** Bytes of weights above which they lie in a file beside the model [2 GB, protobuf's limit]. */
  mostInline?: number
}

/** Field numbers of onnx.proto whose bytes we frame ourselves. */
const MODEL_GRAPH = 7
const GRAPH_INITIALIZER = 5
const TENSOR_RAW_DATA = 9

/** Writes the model, and beside it the weights that it cannot hold; both have their names only when they are whole.
 *  @param prove  looks at the file before it has its name, and gives more metadata, which stand at its end
 *  @throws ROE_WRITE, ROE_OPSET where the opset cannot say an operator, and what `prove` throws; nothing is left behind then */
export async function writeModel(
  given: Graph,
  path: string,
  options: EncodeOptions = {},
  prove?: (unproven: string) => Promise<ReadonlyMap<string, string>>,
): Promise<void> {
  const graph = atOpset(given, options.opset ?? DEFAULT_OPSET)
  if (weightBytes(graph) > (options.mostInline ?? MOST_INLINE))
    return await writeApart(graph, path, options, prove)
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

const weightBytes = ({ constants }: Graph): number =>
  [...constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0)

/** A model of two files. It names the other one, so what is proven names the unfinished one, and is written once more. */
async function writeApart(
  graph: Graph,
  path: string,
  options: EncodeOptions,
  prove: Parameters<typeof writeModel>[3],
): Promise<void> {
  const files: WholeFile[] = []
  const create = async (name: string): Promise<WholeFile> => {
    const file = await WholeFile.create(name)
    files.push(file)
    return file
  }
  try {
    const data = await create(dataPath(path))
    await writeWeights(graph, data)
    const unproven = await create(path)
    for (const chunk of modelChunks(graph, options, basename(data.temporary))) await unproven.write(chunk)
    const more = prove === undefined ? undefined : await prove(unproven.temporary)
    await unproven.abandon()
    const model = await create(path)
    for (const chunk of modelChunks(graph, options, basename(data.path))) await model.write(chunk)
    if (more !== undefined) await model.write(metadataBytes(more))
    // An older model of that name would read the new weights, if all ended between the two.
    await rm(path, { force: true })
    await data.finish()
    await model.finish()
  } catch (error) {
    for (const file of files) await file.abandon()
    throw error
  }
}

async function writeWeights(graph: Graph, file: WholeFile): Promise<void> {
  const apart = weightsApart(graph)
  const places = placesOf(
    apart.map(([, { data }]) => data.byteLength),
    '',
  )
  let end = 0
  for (const [i, [, constant]] of apart.entries()) {
    const { offset, length } = places[i]!
    await file.write(new Uint8Array(offset - end))
    await file.write(rawOf(constant))
    end = offset + length
  }
}

const weightsApart = ({ constants }: Graph): [string, Constant][] =>
  [...constants].filter(([, { data }]) => data.byteLength >= LEAST_APART)

/** Lets `use` see the model as a file, which is gone afterwards. */
export async function withModelFile<T>(given: Graph, use: (path: string) => Promise<T>): Promise<T> {
  return await withTemporaryFolder(async (folder) => {
    const path = join(folder, 'model.onnx')
    await writeModel(given, path)
    return await use(path)
  })
}

/** The model as bytes in memory, for small models and sessions that are opened at once. */
export const encodeModel = (given: Graph, options: EncodeOptions = {}): Uint8Array =>
  Buffer.concat([...modelChunks(atOpset(given, options.opset ?? DEFAULT_OPSET), options)])

/** Entries of `metadata_props`; protobuf takes them at any place between other fields. */
const metadataBytes = (metadata: ReadonlyMap<string, string>): Uint8Array =>
  toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { metadataProps: [...metadata].map(([key, value]) => ({ key, value })) }),
  )

/** @param graph  as its opset says it   @param apart  the name of the file that holds the weights [the model itself] */
function* modelChunks(
  graph: Graph,
  { metadata, opset = DEFAULT_OPSET }: EncodeOptions,
  apart?: string,
): Generator<Uint8Array> {
  const header = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSIONS[opset]),
    producerName: 'roentgen',
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    metadataProps: [...(metadata ?? [])].map(([key, value]) => ({ key, value })),
  })
  const body = toBinary(
    GraphProtoSchema,
    create(GraphProtoSchema, {
      name: 'roentgen',
      node: graph.nodes.map(nodeProto),
      input: graph.inputs.map((name) => valueInfo(name, graph)),
      output: graph.outputs.map((name) => valueInfo(name, graph)),
    }),
  )
  const places = apart === undefined ? new Map<string, Place>() : placesApart(graph, apart)
  const weights = [...graph.constants].map(([name, constant]) => {
    const place = places.get(name)
    return place === undefined ? framedWeight(name, constant) : placedWeight(name, constant, place)
  })
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

function placesApart(graph: Graph, location: string): Map<string, Place> {
  const apart = weightsApart(graph)
  const places = placesOf(
    apart.map(([, { data }]) => data.byteLength),
    location,
  )
  return new Map(apart.map(([name], i) => [name, places[i]!]))
}

/** A weight that says where it lies. */
function placedWeight(
  name: string,
  { dtype, shape }: Constant,
  place: Place,
): { frame: Uint8Array; raw: Uint8Array } {
  const tensor = toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, {
      name,
      dims: shape.map(BigInt),
      dataType: DTYPE_NUMBERS[dtype],
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(place).map(([key, value]) => ({ key, value: String(value) })),
    }),
  )
  const tag = new BinaryWriter().tag(GRAPH_INITIALIZER, WireType.LengthDelimited).uint32(tensor.byteLength)
  return { frame: Buffer.concat([tag.finish(), tensor]), raw: new Uint8Array() }
}

const rawOf = ({ data }: Constant): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The bytes that stand before a weight's values, and the values themselves (not copied). */
function framedWeight(name: string, constant: Constant): { frame: Uint8Array; raw: Uint8Array } {
  const { dtype, shape } = constant
  const raw = rawOf(constant)
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
