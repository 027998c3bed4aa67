/** How many products are summed when a model runs on one input: the multiply-accumulates of convolutions and products of
 *  matrices. What else is computed (activations, pools, sums) is not counted, as is usual. */
import { dimAt, type Sizes } from './dims.ts'
import type { Dim, Node, Shape, TensorType } from './graph.ts'

type Counter = (shapes: { inputs: readonly Shape[]; output: Shape; node: Node; sizes: Sizes }) => number

/** Operators that sum products; the weight of a convolution is [out, in / group, …], of a transposed one
 *  [in, out / group, …]. */
const COUNTERS: Readonly<Record<string, Counter>> = {
  Conv: ({ inputs: [, weight], output, sizes }) => count(output, sizes) * count(weight!.slice(1), sizes),
  ConvTranspose: ({ inputs: [input, weight], sizes }) =>
    count(input!, sizes) * count(weight!.slice(1), sizes),
  MatMul: ({ inputs: [a], output, sizes }) => count(output, sizes) * dimAt(a!.at(-1)!, sizes),
  Gemm: ({ inputs: [a], output, node, sizes }) =>
    count(output, sizes) * dimAt(a![node.attributes.transA === 1 ? 0 : 1]!, sizes),
  Einsum: ({ inputs, node, sizes }) => {
    const letters = String(node.attributes.equation).replaceAll(' ', '').split('->')[0]!.split(',')
    const dims = new Map(
      letters.flatMap((word, i) =>
        [...word].map((letter, axis): [string, Dim] => [letter, inputs[i]![axis]!]),
      ),
    )
    return count([...dims.values()], sizes)
  },
}

/** Operators that sum products in a way that is not counted here. */
const UNCOUNTED: ReadonlySet<string> = new Set([
  ...['Attention', 'ConvInteger', 'DeformConv', 'GRU', 'If', 'LSTM', 'Loop', 'MatMulInteger'],
  ...['QLinearConv', 'QLinearMatMul', 'RNN', 'Scan'],
])

const count = (shape: Shape, sizes: Sizes): number =>
  shape.reduce<number>((product, dim) => product * dimAt(dim, sizes), 1)

/** For one input, also where the batch is declared as more.
 *  @param types  of the values that are known, an open batch as `N`
 *  @returns null where a size is open or not known, or an operator is not counted */
export function macsOf(
  { inputs, nodes }: { inputs: readonly string[]; nodes: readonly Node[] },
  types: ReadonlyMap<string, TensorType>,
): number | null {
  if (nodes.some(({ op }) => UNCOUNTED.has(op))) return null
  try {
    const total = nodes.reduce((sum, node) => sum + macsOfNode(node, types), 0)
    const { shape = [] } = types.get(inputs[0]!) ?? {}
    return total / (typeof shape[0] === 'number' && shape.length > 1 ? shape[0] : 1)
  } catch {
    // A type is missing, or a length.
    return null
  }
}

function macsOfNode(node: Node, types: ReadonlyMap<string, TensorType>): number {
  const counter = COUNTERS[node.op]
  if (counter === undefined) return 0
  const shapeOf = (value: string): Shape => (value === '' ? [] : types.get(value)!.shape)
  return counter({
    inputs: node.inputs.map(shapeOf),
    output: shapeOf(node.outputs[0]!),
    node,
    sizes: { N: 1 },
  })
}
