/** A grey film whose one channel is repeated for a network of colours: what is done to all channels alike is done to the one,
 *  and the first convolution's kernel is summed over its input channels. A scale or a shift of its own for each channel ends
 *  it: with the edges that a convolution pads, those cannot be put into the kernel. */
import type { Constant, Node } from '../graph/graph.ts'
import type { OperatorName } from '../graph/operators.ts'
import { positive } from '../graph/shape-rules.ts'
import type { Rewriting, Rule } from './rule.ts'
import { isUnary } from './sink-transposes.ts'

/** A value with one axis of length 1 that is repeated. */
interface Repeated {
  x: string
  axis: number
  count: number
}

/** What a node repeats: an Expand of one axis, or a Concat of one value. */
function repeatedBy(node: Node | undefined, to: Rewriting): Repeated | undefined {
  const [x, ...more] = node?.inputs ?? []
  if (node === undefined || x === undefined || (node.op !== 'Expand' && node.op !== 'Concat'))
    return undefined
  const { shape } = to.typeOf(x)
  if (node.op === 'Concat') {
    const axis = positive(node.attributes.axis as number, shape.length)
    const isOne = more.length > 0 && shape[axis] === 1 && more.every((value) => value === x)
    return isOne ? { x, axis, count: more.length + 1 } : undefined
  }
  const wanted = to.integers(more[0])
  if (wanted === undefined || wanted.length !== shape.length) return undefined
  const axes = wanted.flatMap((size, axis) => (size === 1 || size === shape[axis] ? [] : [axis]))
  return axes.length === 1 ? { x, axis: axes[0]!, count: wanted[axes[0]!]! } : undefined
}

/** The same node on the one channel, and where that then stands and how often. */
type Pass = (node: Node, repeated: Repeated, to: Rewriting) => Repeated | undefined

const again = (node: Node, { x }: Repeated, to: Rewriting): string =>
  to.add(
    { ...node, name: `${node.name}/grey` },
    node.op as OperatorName,
    [x, ...node.inputs.slice(1)],
    node.attributes,
  )

const unary: Pass = (node, repeated, to) => ({ ...repeated, x: again(node, repeated, to) })

/** The other operand must be one number. */
const withNumber: Pass = (node, repeated, to) => {
  const beside = to.besideNumber(node)
  if (beside === undefined) return undefined
  const inputs = beside.first ? [repeated.x, node.inputs[1]!] : [node.inputs[0]!, repeated.x]
  const like = { ...node, name: `${node.name}/grey` }
  return { ...repeated, x: to.add(like, node.op as OperatorName, inputs, node.attributes) }
}

/** No Transpose: `sink-transposes` carries those the other way, and neither would come to an end. */
const PASSES: { readonly [Op in OperatorName]?: Pass } = {
  Add: withNumber,
  Div: withNumber,
  Max: withNumber,
  Min: withNumber,
  Mul: withNumber,
  Sub: withNumber,
  Pad(node, repeated, to) {
    const pads = to.integers(node.inputs[1])
    const isKept = pads?.[repeated.axis] === 0 && pads[repeated.axis + pads.length / 2] === 0
    return isKept ? unary(node, repeated, to) : undefined
  },
  // Channels that are all alike, in any order (RGB to BGR).
  Gather(node, { x, axis }, to) {
    const isThat = positive(node.attributes.axis as number, to.typeOf(x).shape.length) === axis
    const [count, ...more] = to.typeOf(node.inputs[1]!).shape
    return isThat && typeof count === 'number' && more.length === 0 ? { x, axis, count } : undefined
  },
}

/** [out, in, …] -> [out, 1, …], summed in double precision. */
function summed({ shape, data, ...weight }: Constant): Constant {
  const [out = 1, channels = 1, ...window] = shape
  const size = window.reduce((product, length) => product * length, 1)
  const sums = Float32Array.from({ length: out * size }, (_, i) => {
    const [first, at] = [Math.floor(i / size) * channels * size, i % size]
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += Number(data[first + channel * size + at])
    return sum
  })
  return { ...weight, shape: [out, 1, ...window], data: sums }
}

export const foldGrey: Rule = {
  name: 'fold-grey',
  describe:
    'Conv(Expand(x: [N,1,H,W], [1,3,1,1]), W) -> Conv(x, W summed over its input channels); Expand moved behind what is done to all channels alike',
  apply(node, to) {
    const side = node.inputs.findIndex((value) => repeatedBy(to.producer(value), to) !== undefined)
    if (side < 0) return undefined
    const repeated = repeatedBy(to.producer(node.inputs[side]), to)!
    if (node.op === 'Conv') {
      const weight = to.constant(node.inputs[1])
      if (repeated.axis !== 1 || side !== 0 || weight === undefined || (node.attributes.group ?? 1) !== 1)
        return { refused: 'it is not channels of one convolution that are repeated' }
      const name = to.newConstant(node.inputs[1]!, summed(weight))
      return { value: to.add(node, 'Conv', [repeated.x, name, ...node.inputs.slice(2)], node.attributes) }
    }
    const pass = PASSES[node.op as OperatorName] ?? (isUnary(node.op) ? unary : undefined)
    const passed = pass?.(node, repeated, to)
    if (passed === undefined) return pass && { refused: 'its channels are not treated alike' }
    const wanted = to.typeOf(passed.x).shape.map((_, axis) => (axis === passed.axis ? passed.count : 1))
    return { value: to.add(node, 'Expand', [passed.x, to.newIntegers(node, wanted, 'channels')]) }
  },
}
