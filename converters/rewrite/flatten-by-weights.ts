/** A Dense layer behind a Flatten reads an NHWC map; its weights are reordered once, so that it reads NCHW. What stands
 *  between the two (activations, a normalization, a join with other features) is reordered with them. */
import type { Constant, Node } from '../graph/graph.ts'
import type { OperatorName } from '../graph/operators.ts'
import { permute } from '../graph/permute.ts'
import type { Rewriting, Rule } from './rule.ts'
import { isUnary } from './sink-transposes.ts'

/** Rows whose columns stand in another order: column k is what was column order[k]. */
interface Reordered {
  value: string
  order: Int32Array
}

type Step = (node: Node, to: Rewriting) => Reordered | { refused: string } | undefined

/** What becomes of rows that a node of this operator gives. */
const STEPS: Readonly<Record<string, Step>> = {
  Reshape(node, to) {
    const transpose = to.producer(node.inputs[0])
    if (transpose?.op !== 'Transpose') return undefined
    const perm = transpose.attributes.perm as readonly number[]
    const flat = to.typeOf(node.outputs[0]!).shape
    const film = to.typeOf(transpose.outputs[0]!).shape.slice(1)
    if (!film.every((dim) => typeof dim === 'number')) return { refused: 'the size of the map is open' }
    const size = film.reduce((product, dim) => product * dim, 1)
    if (perm[0] !== 0 || flat.length !== 2 || flat[1] !== size)
      return { refused: 'it does not flatten each film' }
    const value = to.add(node, 'Reshape', [transpose.inputs[0]!, node.inputs[1]!])
    const counted = {
      dtype: 'int32',
      shape: film,
      data: Int32Array.from({ length: size }, (_, i) => i),
    } as const
    const back = perm.slice(1).map((_, axis) => perm.indexOf(axis + 1) - 1)
    return { value, order: permute(counted, back).data as Int32Array }
  },
  Concat(node, to) {
    const widths = node.inputs.map((value) => to.typeOf(value).shape[1])
    if (node.attributes.axis !== 1 || !widths.every((width) => typeof width === 'number')) return undefined
    const parts = node.inputs.map((value) => rowsOf(value, to))
    if (!parts.some(isReordered)) return undefined
    const starts = widths.map((_, i) => widths.slice(0, i).reduce((sum, width) => sum + width, 0))
    const columns = parts.map((part, i) =>
      isReordered(part) ? part.order : Int32Array.from({ length: widths[i]! }, (_, column) => column),
    )
    const order = Int32Array.from(
      columns.flatMap((part, i) => Array.from(part, (column) => column + starts[i]!)),
    )
    const inputs = parts.map((part, i) => (isReordered(part) ? part.value : node.inputs[i]!))
    return { value: to.add(node, 'Concat', inputs, node.attributes), order }
  },
  BatchNormalization: withConstants,
  Add: withConstants,
  Div: withConstants,
  Mul: withConstants,
  Sub: withConstants,
}

/** One operand is rows; the others are constants, one number a column or one for all. */
function withConstants(node: Node, to: Rewriting): Reordered | undefined {
  const side = node.inputs.findIndex((value) => to.constant(value) === undefined)
  const constants = node.inputs.map((value) => to.constant(value))
  if (side < 0 || constants.filter((constant) => constant === undefined).length > 1) return undefined
  const columns = to.typeOf(node.inputs[side]!).shape[1]
  const fits = (constant: Constant): boolean =>
    constant.data.length === 1 || (constant.shape.at(-1) === columns && constant.data.length === columns)
  if (!constants.every((constant) => constant === undefined || fits(constant))) return undefined
  const rows = rowsOf(node.inputs[side]!, to)
  if (!isReordered(rows)) return undefined
  const inputs = constants.map((constant, i) => {
    if (constant === undefined) return rows.value
    return constant.data.length === 1
      ? node.inputs[i]!
      : to.newConstant(node.inputs[i]!, inOrder(constant, rows.order))
  })
  return { value: to.add(node, node.op as OperatorName, inputs, node.attributes), order: rows.order }
}

const isReordered = (rows: ReturnType<Step>): rows is Reordered => rows !== undefined && 'value' in rows

function rowsOf(value: string, to: Rewriting): ReturnType<Step> {
  const node = to.producer(value)
  if (node === undefined || to.typeOf(value).shape.length !== 2) return undefined
  const step = STEPS[node.op]
  if (step !== undefined) return step(node, to)
  if (!isUnary(node.op)) return undefined
  const rows = rowsOf(node.inputs[0]!, to)
  if (!isReordered(rows)) return undefined
  const inputs = [rows.value, ...node.inputs.slice(1)]
  return { value: to.add(node, node.op as OperatorName, inputs, node.attributes), order: rows.order }
}

/** The parts of a constant, as many as there are columns, in another order. */
function inOrder(constant: Constant, order: Int32Array): Constant {
  const data = constant.data.slice()
  const width = data.length / order.length
  const part = (index: number) => constant.data.subarray(index * width, (index + 1) * width)
  for (const [to, from] of order.entries()) data.set(part(from) as never, to * width)
  return { ...constant, data }
}

export const flattenByWeights: Rule = {
  name: 'flatten-by-weights',
  describe: 'MatMul(Reshape(Transpose(x, p), [N, K]), W) -> MatMul(Reshape(x, [N, K]), W reordered)',
  apply(node, to) {
    if (node.op !== 'MatMul') return undefined
    const weight = to.constant(node.inputs[1])
    const rows = rowsOf(node.inputs[0]!, to)
    if (rows === undefined || 'refused' in rows) return rows
    if (weight === undefined || weight.shape.length !== 2)
      return { refused: 'the weight is not a constant matrix' }
    const name = to.newConstant(node.inputs[1]!, inOrder(weight, rows.order))
    return { value: to.add(node, 'MatMul', [rows.value, name]) }
  },
}
