/** What a rewrite rule is, and what it may look at. */
import { Draft } from '../graph/draft.ts'
import type { Attributes, Constant, Graph, Node, TensorType } from '../graph/graph.ts'
import type { OperatorName } from '../graph/operators.ts'

/** A rule looks at one node and at what stands before it, and either leaves it or writes its replacement. */
export interface Rule {
  /** After what it does; printed, and named by the check that runs after it. */
  name: string
  /** One line for the documentation: `x * 1 -> x`. */
  describe: string
  apply: (node: Node, to: Rewriting) => Outcome
}

/** The value that takes the place of the node's output; why a near miss was left alone; or nothing. */
export type Outcome = { value: string } | { refused: string } | undefined

/** The graph that a sweep of one rule writes: it holds everything up to the node at hand. */
export class Rewriting {
  readonly draft = new Draft()
  readonly #producers = new Map<string, Node>()
  readonly #readers: ReadonlyMap<string, number>

  /** @param readers  how many nodes and outputs read each value of the graph that is rewritten */
  constructor(readers: ReadonlyMap<string, number>) {
    this.#readers = readers
  }

  producer(value: string | undefined): Node | undefined {
    return value === undefined ? undefined : this.#producers.get(value)
  }

  constant(value: string | undefined): Constant | undefined {
    return value === undefined ? undefined : this.draft.constants.get(value)
  }

  typeOf(value: string): TensorType {
    return this.draft.typeOf(value)
  }

  isInput(value: string | undefined): boolean {
    return value !== undefined && this.draft.inputs.includes(value)
  }

  readers(value: string): number {
    return this.#readers.get(value) ?? 0
  }

  /** The values of an integer constant: a shape, axes, pads. */
  integers(value: string | undefined): number[] | undefined {
    const constant = this.constant(value)
    return constant === undefined ? undefined : Array.from(constant.data, Number)
  }

  /** The one value of a constant. */
  number(value: string | undefined): number | undefined {
    const constant = this.constant(value)
    return constant?.data.length === 1 ? Number(constant.data[0]) : undefined
  }

  /** The operand of a node beside a number that adds no dimensions to it, and whether it stands first. */
  besideNumber({ inputs: [a, b] }: Node): { x: string; number: number; first: boolean } | undefined {
    const beside = (x: string, other: string | undefined): number | undefined =>
      this.typeOf(x).shape.length >= (this.constant(other)?.shape.length ?? 0)
        ? this.number(other)
        : undefined
    if (a === undefined || b === undefined) return undefined
    const [second, first] = [beside(a, b), beside(b, a)]
    if (second !== undefined) return { x: a, number: second, first: true }
    return first === undefined ? undefined : { x: b, number: first, first: false }
  }

  append(node: Node): void {
    this.draft.append(node)
    for (const output of node.outputs) this.#producers.set(output, node)
  }

  /** Adds a node named like the one that it replaces. */
  add(like: Node, op: OperatorName, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = this.draft.nameLike(like)
    this.append({ name, op, inputs, outputs: [name], attributes })
    return name
  }

  newIntegers(like: Node, values: readonly number[], what: string): string {
    return this.draft.integers(`${like.name}/${what}`, values)
  }

  newNumber(like: Node, value: number, what: string): string {
    return this.draft.scalar(`${like.name}/${what}`, value)
  }

  newConstant(name: string, constant: Constant): string {
    return this.draft.constant(name, constant)
  }
}

/** How often each value is read, outputs of the graph included. */
export function countReaders(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs]) {
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}
