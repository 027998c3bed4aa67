/** Recordings of one function, with several sizes of what is open, as one graph. Shapes are computed anew by the shape
 *  rules, with names in the place of open sizes, and have to agree with every recording; whatever else differs between
 *  the recordings depends on a number, and is refused. */
import assert from 'node:assert/strict'
import { RoentgenError } from '../../errors.ts'
import type { Sizes } from '../graph/dims.ts'
import { Draft } from '../graph/draft.ts'
import type { Constant, Dim, Graph, Node, Shape } from '../graph/graph.ts'
import { TO_THE_END } from '../graph/shape-rules.ts'
import { Lengths } from './lengths.ts'
import { writeRows } from './rows.ts'
import { writePads } from './write-pads.ts'

export interface Recordings {
  /** Shapes of the inputs, with names in the place of open sizes. */
  shapes: readonly Shape[]
  /** For each recording the sizes that its names had, and its graph. */
  probes: readonly Sizes[]
  graphs: readonly Graph[]
  /** Throws what a user is told: where something depends on a size, and what. */
  refuse: (where: string, problem: string) => never
}

/** @throws what `refuse` throws where something other than a shape depends on an open size */
export const mergeRecordings = (recordings: Recordings): Graph => new Merging(recordings).graph()

/** An integer in each recording: a number, an open dimension, or neither. */
type Integer = Dim | undefined

/** How operators say open dimensions without reading a length; undefined where they cannot. */
const WITHOUT_LENGTHS: Readonly<Record<string, (wanted: readonly Integer[], shape: Shape) => Integer[]>> = {
  // One that is open is -1, of several those that stay where they are 0.
  Reshape(wanted, shape) {
    const open = wanted.flatMap((size, i) => (typeof size === 'number' ? [] : [i]))
    if (open.length === 1) return wanted.with(open[0]!, -1)
    const moved = open.filter((i) => wanted[i] === undefined || wanted[i] !== shape[i])
    if (moved.length > 1) return [...wanted]
    return wanted.map((size, i) => (typeof size === 'number' ? size : moved.includes(i) ? -1 : 0))
  },
  // What is as long already needs no length.
  Expand: (wanted, shape) =>
    wanted.map((size, i) => (typeof size === 'string' && shape.at(i - wanted.length) === size ? 1 : size)),
  Tile: (wanted) => [...wanted],
  Slice: (wanted) => [...wanted],
}

class Merging {
  readonly #to = new Draft()
  readonly #of: Recordings
  readonly #first: Graph
  readonly #lengths: Lengths
  /** The value that was written for a constant that differs between recordings. */
  readonly #written = new Map<string, string>()

  constructor(recordings: Recordings) {
    this.#of = recordings
    this.#first = recordings.graphs[0]!
    this.#lengths = new Lengths(this.#to, recordings.probes)
  }

  graph(): Graph {
    const { nodes, inputs, outputs, types } = this.#first
    const longest = this.#of.graphs.reduce((a, b) => (b.nodes.length > a.nodes.length ? b : a))
    if (this.#of.graphs.some((graph) => graph.nodes.length !== longest.nodes.length)) {
      const other = longest.nodes.find(({ name }, i) =>
        this.#of.graphs.some((graph) => graph.nodes[i]?.name !== name),
      )
      this.#of.refuse(other?.name ?? 'the model', 'it runs other operations for another size')
    }
    this.#to.reserve(nodes.map(({ name }) => name))
    inputs.forEach((name, i) => {
      this.#to.input(name, { dtype: types.get(name)!.dtype, shape: this.#of.shapes[i]! })
      this.#lengths.note(name)
    })
    this.#addConstants()
    nodes.forEach((node, i) => {
      this.#add(node, i)
    })
    this.#to.outputs = outputs.map((name) => this.#operand(name))
    return this.#to.freeze()
  }

  /** Those that every recording has, and something reads: some weights were read in another shape only. */
  #addConstants(): void {
    const read = new Set([...this.#first.nodes.flatMap(({ inputs }) => inputs), ...this.#first.outputs])
    for (const [name, constant] of this.#first.constants) {
      if (
        !read.has(name) ||
        !this.#of.graphs.every((graph) => sameConstant(graph.constants.get(name), constant))
      )
        continue
      assert.equal(this.#to.constant(name, constant), name)
    }
  }

  #add(node: Node, place: number): void {
    if (!this.#of.graphs.every((graph) => sameNode(graph.nodes[place]!, node)))
      this.#of.refuse(node.name, 'the operation has other attributes for another size')
    try {
      const inputs = node.inputs.map((value, i) => this.#operand(value, node, i))
      this.#to.append(writePads({ ...node, inputs }, this.#to.types.get(inputs[0]!)?.shape ?? []))
    } catch (error) {
      if (error instanceof RoentgenError) throw error
      this.#of.refuse(node.name, (error as Error).message)
    }
    for (const output of node.outputs) {
      this.#check(node, output)
      this.#lengths.note(output)
    }
  }

  /** The shape that was computed is the one of every recording. */
  #check({ name }: Node, output: string): void {
    const { shape } = this.#to.typeOf(output)
    this.#of.graphs.forEach((graph, i) => {
      const recorded = graph.types.get(output)!.shape
      if (recorded.every((size, axis) => size === this.#lengths.at(shape[axis]!)[i])) return
      this.#of.refuse(name, `its shape [${recorded}] is not [${shape}]`)
    })
  }

  /** @param node, index  who reads the value, and as which input; an output of the graph is read by none */
  #operand(value: string, node?: Node, index = 0): string {
    if (value === '' || this.#to.types.has(value)) return value
    const known = this.#written.get(value)
    if (known !== undefined) return known
    const constants = this.#of.graphs.map((graph) => graph.constants.get(value))
    if (!constants.every((constant) => constant !== undefined))
      return this.#of.refuse(node?.name ?? value, 'it has other constants for another size')
    const written =
      (node !== undefined && index > 0 ? this.#integers(node, value, constants) : undefined) ??
      writeRows(this.#to, this.#lengths, value, constants) ??
      this.#of.refuse(node?.name ?? value, 'a constant changes with the size')
    this.#written.set(value, written)
    return written
  }

  /** A shape, repeats, or where a slice begins or ends; undefined for other operators. */
  #integers(node: Node, name: string, constants: readonly Constant[]): string | undefined {
    const withoutLengths = WITHOUT_LENGTHS[node.op]
    const lists = constants.map(({ data }) => Array.from(data, Number))
    if (withoutLengths === undefined || lists.some((list) => list.length !== lists[0]!.length))
      return undefined
    const { shape } = this.#to.typeOf(node.inputs[0]!)
    const axes =
      node.op === 'Slice' ? Array.from(this.#to.constants.get(node.inputs[3]!)!.data, Number) : undefined
    const wanted = lists[0]!.map((_, i): Integer => {
      const each = lists.map((list) => list[i]!)
      return (axes && this.#fromEnd(each, shape[axes[i]!]!)) ?? this.#lengths.dimOf(each)
    })
    const plain = withoutLengths(wanted, shape)
    if (plain.every((size) => typeof size === 'number')) return this.#to.integers(name, plain)
    if (!plain.every((size) => size !== undefined))
      return this.#of.refuse(node.name, `${node.op} to [${lists[0]}] becomes [${lists[1]}]`)
    return this.#lengths.list(name, plain)
  }

  /** Places along an open axis that lie as far from its end in each recording, counted from there. */
  #fromEnd(places: readonly number[], dim: Dim): number | undefined {
    if (typeof dim === 'number' || places.every((place) => place === places[0])) return undefined
    const left = this.#lengths.at(dim).map((length, i) => length - places[i]!)
    if (left[0]! < 0 || left.some((count) => count !== left[0])) return undefined
    return left[0] === 0 ? TO_THE_END : -left[0]!
  }
}

const sameNode = (a: Node, b: Node): boolean => JSON.stringify(a) === JSON.stringify(b)

const sameConstant = (a: Constant | undefined, b: Constant): boolean =>
  a !== undefined &&
  a.dtype === b.dtype &&
  String(a.shape) === String(b.shape) &&
  (a.data === b.data || a.data.every((value, i) => Object.is(value, b.data[i])))
