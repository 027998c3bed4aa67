/** What the check of a graph finds, and what drafts refuse to write. */
import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../../converters/graph/check.ts'
import { Draft } from '../../../converters/graph/draft.ts'
import type { Graph, Node } from '../../../converters/graph/graph.ts'
import { OPERATORS, type OperatorName } from '../../../converters/graph/operators.ts'
import { RoentgenError } from '../../../errors.ts'

const draft = (): Draft => {
  const to = new Draft()
  to.input('x', { dtype: 'float32', shape: ['N', 3, 8, 8] })
  to.constant('w', { dtype: 'float32', shape: [4, 3, 3, 3], data: new Float32Array(108) })
  return to
}

const sound = (): Graph => {
  const to = draft()
  to.outputs = [to.add('Relu', [to.add('Conv', ['x', 'w'], { kernel_shape: [3, 3] })])]
  return to.freeze()
}

const node = (change: Partial<Node>): Node => ({
  name: 'n',
  op: 'Relu',
  inputs: ['x'],
  outputs: ['n'],
  attributes: {},
  ...change,
})

describe('a graph is refused when', () => {
  const change = (graph: Graph, more: Node[], outputs = graph.outputs): Graph => ({
    ...graph,
    nodes: [...graph.nodes, ...more],
    outputs,
    types: new Map([...graph.types, ['n', { dtype: 'float32', shape: ['N', 3, 8, 8] }]]),
  })
  const BROKEN: [string, (graph: Graph) => Graph, string][] = [
    ['a node reads what is not written', (g) => change(g, [node({ inputs: ['y'] })]), "node 'n' reads 'y'"],
    [
      'nodes are out of order',
      (g) => ({ ...g, nodes: g.nodes.toReversed() }),
      "node 'Relu' reads 'Conv' before it is written",
    ],
    ['a value is written twice', (g) => change(g, [node({}), node({})]), "'n' is written twice"],
    ['an output is lost', (g) => ({ ...g, outputs: ['z'] }), "nothing writes the output 'z'"],
    [
      'a value has no type',
      (g) => ({ ...g, types: new Map([...g.types].slice(0, 2)) }),
      "'Conv' has no type",
    ],
    [
      'a type is not what its operator gives',
      (g) => ({ ...g, types: new Map(g.types).set('Relu', { dtype: 'float32', shape: ['N', 9] }) }),
      "'Relu' is declared f32[N,9] and computed as f32[N,4,6,6]",
    ],
    [
      'an operator is unknown',
      (g) => change(g, [node({ op: 'Hardmax' })]),
      "node 'n': no operator 'Hardmax'",
    ],
    [
      'an operator has too many inputs',
      (g) => change(g, [node({ inputs: ['x', 'x'] })]),
      "node 'n': Relu takes 1 to 1 inputs, not 2",
    ],
    [
      'an attribute is unknown',
      (g) => change(g, [node({ attributes: { alpha: 1 } })]),
      "node 'n': Relu has no attribute 'alpha'",
    ],
    [
      'an attribute is no number',
      (g) => change(g, [node({ op: 'Elu', attributes: { alpha: null as unknown as number } })]),
      "node 'n': attribute 'alpha' of Elu is null",
    ],
  ]

  test.each(BROKEN)('%s', (_, breakIt, words) => {
    checkGraph(sound(), 'nothing')
    let error: unknown
    try {
      checkGraph(breakIt(sound()), 'a test')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(RoentgenError)
    expect((error as RoentgenError).code).toBe('ROE_GRAPH_INVALID')
    expect((error as RoentgenError).message).toContain('after a test')
    expect((error as RoentgenError).message).toContain(words)
  })
})

describe('a shape rule refuses', () => {
  const REFUSED: [string, OperatorName, string[], Node['attributes'], string][] = [
    ['channels that differ', 'Conv', ['x', 'w'], { group: 3 }, 'channels of weight and input differ'],
    ['a window that does not fit', 'MaxPool', ['x'], { kernel_shape: [9, 9] }, 'a window of 9 does not fit'],
    ['operands of other types', 'Add', ['x', 'i'], {}, 'both operands must have one type'],
    ['shapes that do not broadcast', 'Add', ['x', 'v'], {}, 'do not broadcast'],
    ['matrices that do not fit', 'MatMul', ['x', 'm'], {}, 'do not fit'],
    [
      'parameters that are not one a channel',
      'BatchNormalization',
      ['x', 'v', 'v', 'v', 'v'],
      {},
      'one a channel',
    ],
    ['a shape that does not divide', 'Reshape', ['x', 's'], {}, 'does not divide'],
    ['a shape that is computed', 'Reshape', ['x', 'x'], {}, 'must be a constant'],
    ['a type that we do not know', 'Cast', ['x'], { to: 16 }, 'no type 16'],
  ]
  test.each(REFUSED)('%s', (_, op, inputs, attributes, words) => {
    const to = draft()
    to.constant('i', { dtype: 'int32', shape: [], data: Int32Array.of(1) })
    to.constant('v', { dtype: 'float32', shape: [5], data: new Float32Array(5) })
    to.constant('m', { dtype: 'float32', shape: [5, 2], data: new Float32Array(10) })
    to.integers('s', [-1, 5])
    expect(() => to.add(op, inputs, attributes, 'it')).toThrow(`node 'it' (${op}): `)
    expect(() => to.add(op, inputs, attributes, 'it')).toThrow(words)
  })

  test('nothing that it was not asked: every row has an arity', () => {
    const rows = Object.entries(OPERATORS)
    expect(rows.length).toBeGreaterThan(30)
    for (const [name, { arity }] of rows) expect(arity[0], name).toBeLessThanOrEqual(arity[1])
  })
})

test('a draft gives free names, keeps reserved ones, and writes nothing twice', () => {
  const to = draft()
  to.reserve(['Relu_1'])
  expect([to.add('Relu', ['x']), to.add('Relu', ['x'])]).toEqual(['Relu', 'Relu_2'])
  to.append(node({ name: 'Relu_1', outputs: ['Relu_1'] }))
  expect(() => to.append(node({ name: 'Relu_1', outputs: ['Relu_1'] }))).toThrow("'Relu_1' is written twice")
  expect(() => to.input('x', { dtype: 'float32', shape: [] })).toThrow("the name 'x' is taken")
})
