/** The metadata of an ONNX file: read without opening a session, and written without touching the weights. */
import { readFile } from 'node:fs/promises'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { problemOf, RoentgenError } from '../../errors.ts'
import { ModelProtoSchema } from './generated/onnx_pb.ts'

/** Field numbers of ModelProto. */
const MODEL_GRAPH = 7
const MODEL_METADATA = 14

/** The `metadata_props` of an ONNX file.
 *  @throws ROE_MODEL_MISSING, ROE_MODEL_INVALID */
export async function readMetadata(path: string): Promise<Map<string, string>> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (isMissing) throw new RoentgenError('ROE_MODEL_MISSING', { where: path }, { cause: error })
    throw new RoentgenError('ROE_MODEL_INVALID', { where: path, problem: problemOf(error) }, { cause: error })
  }
  try {
    return parseMetadata(bytes)
  } catch (error) {
    throw new RoentgenError('ROE_MODEL_INVALID', { where: path, problem: problemOf(error) }, { cause: error })
  }
}

/** The `metadata_props` of a model in memory; the graph is stepped over, not decoded.
 *  @throws Error when the bytes are no ONNX model */
export function parseMetadata(bytes: Uint8Array): Map<string, string> {
  const { kept, sawGraph } = splitModel(bytes, (field) => field !== MODEL_GRAPH)
  if (!sawGraph) throw new Error('it has no ONNX graph')
  const { metadataProps } = fromBinary(ModelProtoSchema, Buffer.concat(kept))
  return new Map(metadataProps.map(({ key, value }) => [key ?? '', value ?? '']))
}

/** The same model with other metadata: old entries are dropped, the graph's bytes are kept as they are. The metadata
 *  stand first, so that a file which was cut off anywhere is seen to be. */
export function withMetadata(bytes: Uint8Array, metadata: ReadonlyMap<string, string>): Uint8Array {
  const { kept } = splitModel(bytes, (field) => field !== MODEL_METADATA)
  const metadataProps = [...metadata].map(([key, value]) => ({ key, value }))
  return Buffer.concat([toBinary(ModelProtoSchema, create(ModelProtoSchema, { metadataProps })), ...kept])
}

/** The top-level fields of a ModelProto that `keep` wants, each with its tag, as views. */
function splitModel(
  bytes: Uint8Array,
  keep: (field: number) => boolean,
): { kept: Uint8Array[]; sawGraph: boolean } {
  const reader = new BinaryReader(bytes)
  const kept: Uint8Array[] = []
  let sawGraph = false
  while (reader.pos < reader.len) {
    const start = reader.pos
    const [field, type] = reader.tag()
    if (field === MODEL_GRAPH) {
      if (type !== WireType.LengthDelimited) throw new Error('it is not a protobuf of ONNX')
      sawGraph = true
    }
    reader.skip(type, field)
    if (keep(field)) kept.push(bytes.subarray(start, reader.pos))
  }
  return { kept, sawGraph }
}
