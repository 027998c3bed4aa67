/** Types of the values of an ONNX file, without a session: those that it states, else by our own shape rules. What
 *  operators without a rule give stays unknown, and what is computed of it. */
import { inferNode } from '../graph/draft.ts'
import type { Attribute, Constant, Dim, DType, Node, TensorType } from '../graph/graph.ts'
import type {
  AttributeProto,
  GraphProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './generated/onnx_pb.ts'

/** ONNX's numbers of types; halves and doubles count as float32, whose shapes are the same. */
const DTYPES: Readonly<Record<number, DType>> = {
  1: 'float32',
  10: 'float32',
  11: 'float32',
  16: 'float32',
  2: 'uint8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
}

/** Constants up to this many numbers may be shapes, axes or scales, and are read. */
const MOST_READ = 64

export interface TypedNodes {
  nodes: readonly Node[]
  types: ReadonlyMap<string, TensorType>
}

/** @returns the nodes in our words, and the types that are known; the first dimension of an input is `N` where it is open */
export function typedNodes(graph: GraphProto): TypedNodes {
  const [types, constants] = [new Map<string, TensorType>(), new Map<string, Constant>()]
  const names = new Map(graph.input.flatMap((value) => batchName(value)).map((name) => [name, 'N']))
  const stated = (values: readonly ValueInfoProto[]): [string, TensorType][] =>
    values.flatMap((value) => {
      const type = typeOf(value, names)
      return type === undefined ? [] : [[value.name ?? '', type]]
    })
  for (const [name, type] of stated(graph.input)) types.set(name, type)
  for (const tensor of graph.initializer) addConstant(tensor.name ?? '', tensor, types, constants)
  const said = new Map(stated([...graph.valueInfo, ...graph.output]))
  const nodes = graph.node.map((proto) => {
    const node = nodeOf(proto)
    const constant =
      proto.opType === 'Constant' ? proto.attribute.find(({ name }) => name === 'value')?.t : undefined
    if (constant !== undefined) addConstant(node.outputs[0]!, constant, types, constants)
    else infer(node, { types, constants, said })
    return node
  })
  return { nodes, types }
}

/** What a file calls the batch; `''` where it has no name for it. */
const batchName = ({ type }: ValueInfoProto): string[] => {
  const first = type?.value.case === 'tensorType' ? type.value.value.shape?.dim[0]?.value : undefined
  if (first === undefined || first.case === 'dimValue') return []
  return [first.case === 'dimParam' ? first.value : '']
}

/** Operators that other programs write, and ours do not: what they give. */
const FOREIGN: Readonly<
  Record<string, (node: Node, inputs: readonly (TensorType | undefined)[]) => TensorType>
> = {
  Dropout: (_, [input]) => input!,
  Flatten: ({ attributes: { axis = 1 } }, [input]) => {
    const { dtype, shape } = input!
    const [rows, columns] = [shape.slice(0, Number(axis)), shape.slice(Number(axis))]
    return { dtype, shape: [flat(rows), flat(columns)] }
  },
  Gemm: ({ attributes: { transA = 0, transB = 0 } }, [a, b]) => ({
    dtype: a!.dtype,
    shape: [a!.shape[transA === 1 ? 1 : 0]!, b!.shape[transB === 1 ? 0 : 1]!],
  }),
}

/** One open length may be among others that are 1. */
function flat(dims: readonly Dim[]): Dim {
  const open = dims.filter((dim) => typeof dim === 'string')
  const size = dims.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1)
  if (open.length === 0) return size
  if (open.length === 1 && size === 1) return open[0]!
  throw new Error('open lengths are not multiplied here')
}

function infer(
  node: Node,
  {
    types,
    constants,
    said,
  }: {
    types: Map<string, TensorType>
    constants: ReadonlyMap<string, Constant>
    said: ReadonlyMap<string, TensorType>
  },
): void {
  const inferred = typesByRule(node, types, constants)
  node.outputs.forEach((output, i) => {
    const type = inferred[i] ?? said.get(output)
    if (type !== undefined) types.set(output, type)
  })
}

/** None where there is no rule, or it does not take what it is given. */
function typesByRule(
  node: Node,
  types: ReadonlyMap<string, TensorType>,
  constants: ReadonlyMap<string, Constant>,
): readonly TensorType[] {
  try {
    const foreign = FOREIGN[node.op]
    if (foreign === undefined) return inferNode(node, types, constants)
    const inputs = node.inputs.map((name) => types.get(name))
    return [foreign(node, inputs)]
  } catch {
    return []
  }
}

/** @param names  gives each name of a dimension a plain one: other programs write `?` and blanks into them */
function typeOf({ type }: ValueInfoProto, names: Map<string, string>): TensorType | undefined {
  if (type?.value.case !== 'tensorType') return undefined
  const { elemType, shape } = type.value.value
  const dtype = DTYPES[elemType ?? 0]
  if (dtype === undefined || shape === undefined) return undefined
  const dims = shape.dim.map(({ value }, axis): Dim => {
    if (value.case === 'dimValue') return Number(value.value)
    const name = value.case === 'dimParam' ? value.value : axis === 0 ? '' : `unnamed ${names.size}`
    if (!names.has(name)) names.set(name, `d${names.size}`)
    return names.get(name)!
  })
  return { dtype, shape: dims }
}

function addConstant(
  name: string,
  { dims, dataType, rawData, int64Data, int32Data, floatData }: TensorProto,
  types: Map<string, TensorType>,
  constants: Map<string, Constant>,
): void {
  const dtype = DTYPES[dataType ?? 0]
  if (dtype === undefined) return
  const shape = dims.map(Number)
  types.set(name, { dtype, shape })
  const length = shape.reduce((product, size) => product * size, 1)
  if (length > MOST_READ) return
  const bytes = rawData === undefined || rawData.length === 0 ? undefined : new Uint8Array(rawData).buffer
  if (bytes !== undefined && bytes.byteLength !== length * (dtype === 'int64' ? 8 : 4)) return
  const readers: Readonly<Record<number, () => Constant['data']>> = {
    7: () => (bytes === undefined ? BigInt64Array.from(int64Data) : new BigInt64Array(bytes)),
    6: () => (bytes === undefined ? Int32Array.from(int32Data) : new Int32Array(bytes)),
    1: () => (bytes === undefined ? Float32Array.from(floatData) : new Float32Array(bytes)),
  }
  const data = readers[dataType ?? 0]?.()
  if (data?.length === length) constants.set(name, { dtype, shape, data })
}

const nodeOf = ({ name, opType, input, output, attribute }: NodeProto): Node => ({
  name: name ?? '',
  op: opType ?? '',
  inputs: input,
  outputs: output,
  attributes: Object.fromEntries(
    attribute.flatMap((one): [string, Attribute][] => {
      const value = attributeOf(one)
      return value === undefined ? [] : [[one.name ?? '', value]]
    }),
  ),
})

/** AttributeProto.AttributeType -> the field that holds it. Tensors and graphs are left out. */
function attributeOf({ type, f, i, s, floats, ints }: AttributeProto): Attribute | undefined {
  const fields: Readonly<Record<number, () => Attribute>> = {
    1: () => f,
    2: () => Number(i),
    3: () => Buffer.from(s).toString(),
    6: () => floats,
    7: () => ints.map(Number),
  }
  return fields[type ?? 0]?.()
}
