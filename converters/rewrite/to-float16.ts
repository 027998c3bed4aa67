/** The step after the rules that is asked for: a graph whose weights and values are of half precision. Inputs and outputs
 *  keep their types; operators that half precision harms stay in float32, with Casts around them. */
import { RoentgenError } from '../../errors.ts'
import { checkGraph } from '../graph/check.ts'
import { Draft } from '../graph/draft.ts'
import { toHalves } from '../graph/float16.ts'
import type { Graph, Node } from '../graph/graph.ts'
import { DTYPE_NUMBERS, type OperatorName } from '../graph/operators.ts'

/** A weight whose numbers half precision does not hold. */
export interface LossyWeight {
  name: string
  /** Its numbers, and how many were beyond ±65504 and are that now. */
  size: number
  clipped: number
  /** Whether all of them were so small that they are 0 now. */
  vanished: boolean
}

export interface HalfGraph {
  graph: Graph
  lossy: readonly LossyWeight[]
}

/** The block list: operators that stay in float32, with what half precision would do to them. */
export const IN_FLOAT32: Partial<Record<OperatorName, string>> = {
  BatchNormalization: 'variances span more than its range; one that is left has no Conv to go into',
  Cosh: 'beyond 65504 above 11.8',
  CumSum: 'a running sum loses what it adds; half precision only since opset 14',
  Exp: 'beyond 65504 above 11.1',
  GlobalAveragePool: 'as ReduceMean',
  IsInf: 'half precision only since opset 20',
  Log: 'differences near 1 are lost',
  LogSoftmax: 'as Softmax',
  LRN: 'squares are beyond 65504 above 256',
  Pow: 'squares are beyond 65504 above 256',
  Reciprocal: 'beyond 65504 below 1.5e-5',
  ReduceMean: 'sums of whole maps are beyond 65504, or lose what they add',
  ReduceProd: 'products leave its range at both ends',
  ReduceSum: 'as ReduceMean',
  Sinh: 'as Cosh',
  Softmax: 'it has Exp and a sum inside, and probabilities are what is read',
  Sqrt: 'of variances, which are often below its range',
}

/** Inputs that are of float32 in every graph: the scales of a Resize. */
const FLOAT32_INPUTS: Partial<Record<OperatorName, readonly number[]>> = { Resize: [1, 2] }

/** Bits of the least positive number of half precision, 2^-24. */
const LEAST = 1

/** Behind these a value is a sum of weighted ones, and never a place in an array that was computed. */
const WEIGHTED: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'MatMul', 'Einsum'])

/** @param keep  more that stays in float32: operators, or names of nodes, in which `*` stands for any characters
 *  @throws ROE_OPTION where one of `keep` fits nothing */
export function toFloat16(graph: Graph, keep: readonly string[] = []): HalfGraph {
  const halving = new Halving(graph, keptNodes(graph, keep))
  for (const node of graph.nodes) halving.append(node)
  const half = halving.finish()
  checkGraph(half, 'to-float16')
  return { graph: half, lossy: halving.lossy }
}

/** The nodes that stay in float32. */
function keptNodes(graph: Graph, keep: readonly string[]): Set<Node> {
  const patterns = keep.map((text) => ({ text, isLike: patternOf(text) }))
  for (const { text, isLike } of patterns) {
    if (graph.nodes.some((node) => isLike(node))) continue
    const expected = 'operators or nodes of the model'
    throw new RoentgenError('ROE_OPTION', { where: '--fp32', expected, received: text })
  }
  const isSquare = ({ op, inputs }: Node): boolean => op === 'Mul' && inputs[0] === inputs[1]
  const kept = new Set(
    graph.nodes.filter(
      (node) => node.op in IN_FLOAT32 || isSquare(node) || patterns.some(({ isLike }) => isLike(node)),
    ),
  )
  keepPlaces(graph, kept)
  keepBetween(graph, kept)
  return kept
}

function patternOf(text: string): (node: Node) => boolean {
  const parts = text.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  const name = new RegExp(`^${parts.join('.*')}$`)
  return ({ op, name: own }) => op === text || name.test(own)
}

/** What becomes a whole number is exact up to there: half precision has none between 2048 and 2050. */
function keepPlaces({ nodes, types }: Graph, kept: Set<Node>): void {
  const exact = new Set<string>()
  for (const node of nodes.toReversed()) {
    const isRounded = node.op === 'Cast' && node.attributes.to !== DTYPE_NUMBERS.float32
    const isPlace = isRounded || node.outputs.some((output) => exact.has(output))
    if (!isPlace || WEIGHTED.has(node.op)) continue
    const floats = node.inputs.filter((input) => types.get(input)?.dtype === 'float32')
    kept.add(node)
    for (const input of floats) exact.add(input)
  }
}

/** What stands between kept nodes stays with them: there and back again would cost two Casts and gain nothing. */
function keepBetween({ nodes, outputs, types, constants }: Graph, kept: Set<Node>): void {
  const readers = new Map<string, Node[]>()
  for (const node of nodes)
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node])
  const full = new Set<string>()
  for (const node of nodes) {
    const floats = node.inputs.filter(
      (input) => types.get(input)?.dtype === 'float32' && !constants.has(input),
    )
    const isBehind = floats.length > 0 && floats.every((input) => full.has(input))
    const isBefore = node.outputs.every(
      (output) => outputs.includes(output) || readers.get(output)?.every((reader) => kept.has(reader)),
    )
    if (isBehind && isBefore) kept.add(node)
    if (kept.has(node)) for (const output of node.outputs) full.add(output)
  }
}

/** The graph as it is written: of each float value there is a half, a full version, or both. */
class Halving {
  readonly lossy: LossyWeight[] = []
  readonly #to = new Draft()
  readonly #graph: Graph
  readonly #kept: ReadonlySet<Node>
  /** Values of the graph before → their names now. */
  readonly #half = new Map<string, string>()
  readonly #full = new Map<string, string>()

  constructor(graph: Graph, kept: ReadonlySet<Node>) {
    this.#graph = graph
    this.#kept = kept
    this.#to.reserve(graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]))
    for (const name of graph.inputs) this.#full.set(name, this.#to.input(name, graph.types.get(name)!))
  }

  append(node: Node): void {
    const { op, inputs, outputs } = node
    const isFull = this.#kept.has(node)
    const isHalf = (name: string, i: number): boolean =>
      !isFull && this.#isFloat(name) && !FLOAT32_INPUTS[op as OperatorName]?.includes(i)
    const read = inputs.map((name, i) => (isHalf(name, i) ? this.#halfOf(name) : this.#fullOf(name)))
    const written = outputs.map((name) => (isFull || !this.#isFloat(name) ? name : this.#nameOfHalf(name)))
    const isFloatCast = op === 'Cast' && !isFull && node.attributes.to === DTYPE_NUMBERS.float32
    const attributes = isFloatCast ? { to: DTYPE_NUMBERS.float16 } : node.attributes
    this.#to.append({ ...node, inputs: read, outputs: written, attributes })
    outputs.forEach((name, i) => {
      const isNowHalf = this.#isFloat(name) && !isFull
      ;(isNowHalf ? this.#half : this.#full).set(name, written[i]!)
      if (isNowHalf && this.#graph.outputs.includes(name)) this.#cast(name, 'float32', name)
    })
  }

  finish(): Graph {
    this.#to.outputs = this.#graph.outputs.map((name) => this.#fullOf(name))
    return this.#to.freeze()
  }

  #isFloat(name: string): boolean {
    return this.#graph.types.get(name)?.dtype === 'float32'
  }

  /** An output of the graph keeps its name for float32. */
  #nameOfHalf(name: string): string {
    return this.#graph.outputs.includes(name) ? this.#to.freeName(`${name}/fp16`) : name
  }

  #halfOf(name: string): string {
    return (
      this.#half.get(name) ?? this.#constantOf(name, 'half') ?? this.#cast(name, 'float16', `${name}/fp16`)
    )
  }

  #fullOf(name: string): string {
    if (name === '') return name
    return (
      this.#full.get(name) ?? this.#constantOf(name, 'full') ?? this.#cast(name, 'float32', `${name}/fp32`)
    )
  }

  #cast(name: string, dtype: 'float16' | 'float32', as: string): string {
    const [from, known] = dtype === 'float16' ? [this.#full, this.#half] : [this.#half, this.#full]
    const output = this.#graph.outputs.includes(as) ? as : this.#to.freeName(as)
    const cast = {
      op: 'Cast',
      inputs: [from.get(name)!],
      outputs: [output],
      attributes: { to: DTYPE_NUMBERS[dtype] },
    }
    this.#to.append({ ...cast, name: this.#to.freeName(`${output}/Cast`) })
    known.set(name, output)
    return output
  }

  /** A constant, in the version that is asked for; its name is the first one's. */
  #constantOf(name: string, version: 'half' | 'full'): string | undefined {
    const constant = this.#graph.constants.get(name)
    if (constant === undefined) return undefined
    const isHalf = version === 'half'
    const isTaken = (isHalf ? this.#full : this.#half).has(name)
    const wanted = isTaken ? `${name}/${isHalf ? 'fp16' : 'fp32'}` : name
    const own = this.#to.constant(wanted, isHalf ? this.#halved(name) : constant)
    ;(isHalf ? this.#half : this.#full).set(name, own)
    return own
  }

  #halved(name: string) {
    const { shape, data } = this.#graph.constants.get(name)!
    const values = data as Float32Array
    const halves = toHalves(values)
    const vanished = halves.data.every((bits) => (bits & 0x7fff) === 0) && values.some((value) => value !== 0)
    // One number is divided by, or padded with, because it is not 0.
    if (vanished && values.length === 1) halves.data[0]! |= LEAST
    else if (halves.clipped > 0 || vanished)
      this.lossy.push({ name, size: values.length, clipped: halves.clipped, vanished })
    return { dtype: 'float16' as const, shape, data: halves.data }
  }
}
