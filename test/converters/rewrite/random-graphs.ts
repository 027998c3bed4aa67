/** Random small graphs around what the rules look for: a graph is drawn as a list of moves over the values that are there
 *  so far, so values have several readers, outputs lie in the middle, and patterns come with every neighbour. */
import fc from 'fast-check'
import { checkGraph } from '../../../converters/graph/check.ts'
import { Draft } from '../../../converters/graph/draft.ts'
import type { Graph, Shape } from '../../../converters/graph/graph.ts'
import { DTYPE_NUMBERS, type OperatorName } from '../../../converters/graph/operators.ts'
import { constantOf } from './graphs.ts'

/** What a move has to draw from. */
interface Hand {
  to: Draft
  /** A value, rather one of the last. */
  x: string
  shape: Shape
  /** Another value of that shape, or `x` itself. */
  like: string
  /** 0..below-1 */
  draw: (below: number) => number
  pick: <T>(choices: readonly T[]) => T
}

type Move = (hand: Hand) => string | undefined

const isMap = (shape: Shape): shape is [string, number, number, number] =>
  shape.length === 4 && shape.every((dim, axis) => (typeof dim === 'number') === axis > 0)

const PERMS: readonly (readonly number[])[] = [
  [0, 2, 3, 1],
  [0, 3, 1, 2],
  [0, 2, 1, 3],
  [0, 1, 3, 2],
  [3, 1, 0, 2],
]
const permOf = ({ shape, draw, pick }: Hand): readonly number[] => {
  if (shape.length === 4) return pick(PERMS)
  const axes = [...shape.keys()]
  return draw(2) === 0 ? axes : axes.toReversed()
}

/** A constant that broadcasts against the value: a number, one for each of some of its axes, or for all. */
function beside({ to, shape, draw }: Hand, from: number): string {
  const known = shape.map((dim) => (typeof dim === 'number' && draw(2) === 0 ? dim : 1))
  return to.constant('c', constantOf(known.slice(draw(shape.length + 1)), from))
}

const number = ({ to }: Hand, value: number): string => to.scalar('number', value)
const clip = (hand: Hand, x: string, least: number, most: number): string =>
  hand.to.add('Clip', [x, number(hand, least), number(hand, most)])

const convolution = ({ to, x, shape, draw }: Hand, bias: boolean): string | undefined => {
  if (!isMap(shape) || shape[2] < 2 || shape[3] < 2) return undefined
  const out = 1 + draw(4)
  const weights = [to.constant('w', constantOf([out, shape[1], 2, 2]))]
  if (bias) weights.push(to.constant('b', constantOf([out])))
  return to.add('Conv', [x, ...weights], { pads: [0, 1, 1, draw(2)] })
}

const norm = ({ to }: Hand, x: string): string | undefined => {
  const channels = to.typeOf(x).shape[1]
  if (typeof channels !== 'number') return undefined
  const parameters = [-1, -1, -1, 0.5].map((from) => to.constant('p', constantOf([channels], from)))
  return to.add('BatchNormalization', [x, ...parameters], { epsilon: 1e-3 })
}

const padded = ({ to, shape, draw, pick }: Hand, x: string): string =>
  to.add('Pad', [
    x,
    to.integers(
      'pads',
      [...shape, ...shape].map((dim, i) => (typeof dim === 'number' && i % 4 > 1 ? draw(2) : 0)),
    ),
    to.scalar('fill', pick([0, 0, 0, 0.5])),
  ])

/** The three kinds of rows that a line and its bounds are drawn from, right and wrong. */
const gate = (hand: Hand, x: string): string => {
  const { to, pick } = hand
  const line = to.add('Add', [x, number(hand, pick([3, 3, 3, 3, 2]))])
  return clip(hand, line, 0, pick([6, 6, 6, 6, 1]))
}
/** 0.2 x + 0.5 between 0 and 1 */
const kerasGate = (hand: Hand): string => {
  const slope = hand.to.add('Mul', [number(hand, 0.2), hand.x])
  return clip(hand, hand.to.add('Add', [number(hand, 0.5), slope]), 0, 1)
}
const share = (hand: Hand, x: string): string =>
  hand.draw(2) === 0
    ? hand.to.add('Div', [x, number(hand, 6)])
    : hand.to.add('Mul', [number(hand, hand.pick([1 / 6, 1 / 6, 1 / 6, 0.5])), x])

const unary =
  (...ops: OperatorName[]): Move =>
  ({ to, x, pick }) =>
    to.add(pick(ops), [x])

const reduced = (
  hand: Hand,
  op: OperatorName,
  x: string,
  axes: readonly number[],
  keepdims: number,
): string => hand.to.add(op, [x, hand.to.integers('axes', axes)], { keepdims })

/** Those that do not suit the value are passed over. */
const MOVES: Readonly<Record<string, Move>> = {
  activation: unary('Relu', 'Sigmoid', 'Tanh', 'Abs', 'Neg'),
  transposed: (hand) => hand.to.add('Transpose', [hand.x], { perm: permOf(hand) }),
  'transposed twice': (hand) => {
    const once = hand.to.add('Transpose', [hand.x], { perm: permOf(hand) })
    return hand.to.add('Transpose', [once], { perm: permOf(hand) })
  },
  'to NHWC': ({ to, x, shape }) => (isMap(shape) ? to.add('Transpose', [x], { perm: PERMS[0]! }) : undefined),
  'to NCHW': ({ to, x, shape }) => (isMap(shape) ? to.add('Transpose', [x], { perm: PERMS[1]! }) : undefined),
  'a channel or a pixel is left': (hand) => {
    const { to, x, shape, draw } = hand
    if (!isMap(shape)) return undefined
    const kept = reduced(hand, 'ReduceMax', x, draw(2) === 0 ? [1] : [2, 3], 1)
    return to.add('Transpose', [kept], { perm: permOf(hand) })
  },
  'with a constant': (hand) => {
    const { to, x, draw, pick } = hand
    const op = pick(['Add', 'Mul', 'Sub', 'Max', 'Min', 'Div'] as const)
    const constant = beside(hand, op === 'Div' ? 0.5 : -1)
    return to.add(op, draw(2) === 0 || op === 'Div' ? [x, constant] : [constant, x])
  },
  'with another': ({ to, x, like, pick }) => to.add(pick(['Add', 'Mul', 'Max'] as const), [x, like]),
  joined: ({ to, x, like, shape, draw }) => {
    const axis = draw(shape.length)
    return typeof shape[axis] === 'number' ? to.add('Concat', [x, like], { axis }) : undefined
  },
  'with a number that does nothing': (hand) => {
    const { to, x, draw, pick } = hand
    const op = pick(['Mul', 'Div', 'Sub', 'Add'] as const)
    const nothing = number(hand, op === 'Mul' || op === 'Div' ? 1 : 0)
    return to.add(op, draw(3) > 0 ? [x, nothing] : op === 'Div' ? [x, nothing] : [nothing, x])
  },
  'nothing done': ({ to, x, shape, draw }) => {
    const zeros = shape.map(() => 0)
    const same = [
      () => to.add('Identity', [x]),
      () => to.add('Cast', [x], { to: DTYPE_NUMBERS.float32 }),
      () => to.add('Reshape', [x, to.integers('shape', zeros)]),
      () => to.add('Pad', [x, to.integers('pads', [...zeros, ...zeros])]),
      () =>
        to.add('Tile', [
          x,
          to.integers(
            'repeats',
            shape.map(() => 1),
          ),
        ]),
    ]
    return same[draw(same.length)]!()
  },
  'flat rows': ({ to, x, shape, draw }) => {
    const [first, ...film] = shape
    if (typeof first !== 'string' || film.length === 0) return undefined
    const size = film.reduce<number>((product, dim) => product * Number(dim), 1)
    const side = [1, 2, 3, 4].filter((part) => size % part === 0)[draw(2)] ?? 1
    return to.add('Reshape', [x, to.integers('shape', draw(2) === 0 ? [-1, size] : [-1, side, size / side])])
  },
  'reshaped twice': ({ to, x, shape, draw }) => {
    if (!isMap(shape)) return undefined
    const flat = to.add('Reshape', [x, to.integers('shape', [-1, shape[1], shape[2] * shape[3]])])
    const first = draw(4) === 0 ? 0 : -1
    return to.add('Reshape', [flat, to.integers('shape', [first, shape[1] * shape[2], shape[3]])])
  },
  'a matrix behind a map': (hand) => {
    const { to, x, shape, like, draw, pick } = hand
    if (!isMap(shape)) return undefined
    const map = to.add('Transpose', [to.add('Tanh', [x])], { perm: PERMS[draw(2)]! })
    const size = shape[1] * shape[2] * shape[3]
    const flat = to.add('Reshape', [map, to.integers('shape', [-1, size])])
    const rows = pick([
      () => flat,
      () => to.add('Relu', [flat]),
      () =>
        to.add(pick(['Mul', 'Sub'] as const), [
          flat,
          to.constant('c', constantOf(pick([[size], [1, size], []]))),
        ]),
      () => to.add('Concat', [like.length % 2 === 0 ? flat : to.add('Abs', [flat]), flat], { axis: 1 }),
      () => norm(hand, flat)!,
    ])()
    return to.add('MatMul', [rows, to.constant('w', constantOf([Number(to.typeOf(rows).shape[1]), 3]))])
  },
  'a convolution': (hand) => convolution(hand, hand.draw(2) === 0),
  'a channel repeated, then a convolution': (hand) => {
    const { to, x, shape, draw, pick } = hand
    if (!isMap(shape) || shape[2] < 2 || shape[3] < 2) return undefined
    const one = shape[1] === 1 ? x : reduced(hand, 'ReduceMax', x, [1], 1)
    const many = pick([
      () => to.add('Expand', [one, to.integers('channels', [1, 3, 1, 1])]),
      () => to.add('Concat', [one, one], { axis: 1 }),
      () => to.add('Expand', [one, to.integers('channels', [1, 2, 1, 1])]),
    ])()
    const done = pick([
      () => many,
      () => to.add('Sub', [to.add('Mul', [many, number(hand, 2)]), number(hand, 1)]),
      () => to.add('Mul', [many, beside({ ...hand, shape: to.typeOf(many).shape }, 0.5)]),
      () => padded(hand, to.add('Tanh', [many])),
      () => to.add('Gather', [many, to.integers('places', [1, 0, 1])], { axis: 1 }),
    ])()
    return convolution({ ...hand, x: done, shape: to.typeOf(done).shape }, draw(2) === 0)
  },
  'a convolution and a bias': (hand) => {
    const y = convolution(hand, hand.draw(2) === 0)
    if (y === undefined) return undefined
    const channels = Number(hand.to.typeOf(y).shape[1])
    const bias = hand.to.constant('c', constantOf(hand.pick([[1, channels, 1, 1], [channels, 1, 1], []])))
    return hand.to.add('Add', hand.draw(2) === 0 ? [y, bias] : [bias, y])
  },
  'a convolution, normalized': (hand) => {
    const y = convolution(hand, hand.draw(2) === 0)
    return y === undefined ? undefined : norm(hand, y)
  },
  normalized: (hand) => norm(hand, hand.x),
  'convolved and normalized with the channels last': (hand) => {
    const { to, x, shape } = hand
    if (!isMap(shape)) return undefined
    const first = to.add('Transpose', [x], { perm: PERMS[1]! })
    const y = convolution({ ...hand, x: first, shape: to.typeOf(first).shape }, false)
    return y === undefined ? undefined : to.add('Transpose', [y], { perm: PERMS[0]! })
  },
  padded: (hand) => (isMap(hand.shape) ? padded(hand, hand.x) : undefined),
  'pooled, padded before': (hand) => {
    const { to, x, shape, draw, pick } = hand
    if (!isMap(shape) || shape[2] < 2 || shape[3] < 2) return undefined
    const y = draw(4) === 0 ? x : padded(hand, x)
    return to.add(pick(['MaxPool', 'AveragePool'] as const), [y], { kernel_shape: [2, 2] })
  },
  'the mean over a map': (hand) => {
    const axes = hand.pick([[2, 3], [2, 3], [1, 2], [3]])
    return isMap(hand.shape) ? reduced(hand, 'ReduceMean', hand.x, axes, hand.draw(2)) : undefined
  },
  'reduced by another': (hand) => {
    const { x, shape, draw, pick } = hand
    const axis = draw(shape.length)
    if (typeof shape[axis] === 'string') return undefined
    return reduced(hand, pick(['ReduceMax', 'ReduceSum', 'ReduceMin'] as const), x, [axis], draw(2))
  },
  'shares of one': ({ to, x, shape, draw }) => to.add('Softmax', [x], { axis: draw(shape.length) }),
  'a logSoftmax': (hand) => {
    const { to, x, shape, draw } = hand
    const axis = draw(shape.length)
    const d = to.add('Sub', [x, reduced(hand, 'ReduceMax', x, [draw(4) === 0 ? 0 : axis], 1)])
    const sum = reduced(hand, 'ReduceSum', to.add('Exp', [d]), [axis], 1)
    return to.add('Sub', [d, to.add('Log', [sum])])
  },
  'a logarithm of shares': ({ to, x, shape, draw }) =>
    to.add('Log', [to.add('Softmax', [x], { axis: draw(shape.length) })]),
  'bounded twice': (hand) => {
    const { to, x, pick } = hand
    const once = pick([
      () => to.add('Relu', [x]),
      () => to.add('Max', [x, number(hand, -0.5)]),
      () => to.add('Min', [number(hand, 0.5), x]),
    ])()
    return pick([
      () => to.add('Min', [once, number(hand, 1)]),
      () => to.add('Max', [once, beside(hand, -1)]),
      () => clip(hand, once, 0, 1),
    ])()
  },
  'a hard sigmoid': (hand) => (hand.draw(2) === 0 ? share(hand, gate(hand, hand.x)) : kerasGate(hand)),
  'a hard swish': (hand) => {
    const { to, x, like, draw, pick } = hand
    const y = pick([x, x, x, like])
    const kinds = [
      () => to.add('Mul', [y, share(hand, gate(hand, x))]),
      () => share(hand, to.add('Mul', [gate(hand, x), y])),
      () => to.add('Mul', [y, kerasGate(hand)]),
    ]
    return kinds[draw(3)]!()
  },
  'a row for each': ({ to, x, shape, draw, pick }) => {
    if (typeof shape[0] === 'number' || !shape.slice(1).every((dim) => typeof dim === 'number'))
      return undefined
    const film = shape.slice(1) as number[]
    const row = to.constant('row', constantOf([1, ...film]))
    const batch = to.add('Gather', [to.add('Shape', [x]), to.integers('first', [0])], { axis: 0 })
    const wanted = to.add('Concat', [batch, to.integers('rest', film)], { axis: 0 })
    const each = to.add('Expand', [row, wanted])
    return to.add(pick(['Add', 'Mul', 'Max'] as const), draw(4) === 0 ? [each, row] : [x, each])
  },
  'the same twice': ({ to, x, like, pick }) => {
    const op = pick(['Sigmoid', 'Tanh'] as const)
    return to.add('Mul', [to.add(op, [x]), to.add(op, [like])])
  },
  'a constant that is computed': (hand) => {
    const { to, x } = hand
    const root = to.add('Sqrt', [to.add('Abs', [beside(hand, 0.25)])])
    return to.add('Mul', [x, root])
  },
  'split, summed up along': ({ to, x, shape, draw }) => {
    if (!isMap(shape)) return undefined
    const transposed = to.add('Transpose', [x], { perm: PERMS[draw(2)]! })
    const [, a, b, c] = to.typeOf(transposed).shape as [string, number, number, number]
    const wanted = [
      [-1, a, b, 1, c],
      [-1, a * b, c],
      [-1, 1, a, b, c],
      b % 2 === 0 ? [-1, a, b / 2, 2, c] : [-1, a, b * c],
    ]
    const split = to.add('Reshape', [transposed, to.integers('shape', wanted[draw(4)]!)])
    const axis = to.constant('axis', { dtype: 'int32', shape: [], data: Int32Array.of(1 + draw(2)) })
    return draw(2) === 0 ? split : to.add('CumSum', [split, axis])
  },
  cut: ({ to, x, shape, draw }) => {
    const axis = draw(shape.length)
    const size = shape[axis]
    if (typeof size !== 'number') return undefined
    const [start, end, along, step] = [draw(size), size, axis, 1].map((value) => to.integers('cut', [value]))
    return to.add('Slice', [x, start!, end!, along!, step!])
  },
  picked: ({ to, x, shape, draw }) => {
    const axis = draw(shape.length)
    const size = shape[axis]
    if (typeof size !== 'number') return undefined
    return to.add('Gather', [x, to.integers('places', [size - 1, draw(size)])], { axis })
  },
  enlarged: ({ to, x, shape }) => {
    if (!isMap(shape) || shape[2] > 6 || shape[3] > 6) return undefined
    const scales = to.constant('scales', { dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, 2, 2) })
    const how = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
    return to.add('Resize', [x, '', scales], how)
  },
}

interface Drawn {
  film: readonly number[]
  /** For each move numbers to draw from. */
  moves: readonly { move: Move; numbers: readonly number[] }[]
  /** Which values, from behind, are outputs beside the last. */
  outputs: readonly number[]
}

/** Numbers that a move draws from, one after the other. */
function drawer(numbers: readonly number[]): Pick<Hand, 'draw' | 'pick'> {
  let next = 0
  const draw = (below: number): number => (numbers[next++ % numbers.length] ?? 0) % below
  return { draw, pick: (choices) => choices[draw(choices.length)]! }
}

function graphOf({ film, moves, outputs }: Drawn): Graph {
  const to = new Draft()
  const values = [to.input('x', { dtype: 'float32', shape: ['N', ...film] })]
  for (const { move, numbers } of moves) {
    const { draw, pick } = drawer(numbers)
    const x = values.at(-1 - draw(Math.min(values.length, 3)))!
    const { shape } = to.typeOf(x)
    const like = pick(values.filter((value) => String(to.typeOf(value).shape) === String(shape)))
    const y = move({ to, x, shape, like, draw, pick })
    if (y !== undefined && y !== x) values.push(y)
  }
  const written = values.length > 1 ? values.slice(1) : [to.add('Relu', values)]
  to.outputs = [
    ...new Set([...outputs.map((back) => written.at(-1 - (back % written.length))!), written.at(-1)!]),
  ]
  const graph = to.freeze()
  checkGraph(graph, 'drawing it')
  return graph
}

/** Evenly, not rather small ones: what is drawn with them is no size. */
const numbers = fc.noBias(fc.array(fc.nat({ max: 59 }), { minLength: 12, maxLength: 12 }))
/** Drawn more often, once more for each time: what they need is seldom there. */
const AGAIN = [
  'pooled, padded before',
  'a hard swish',
  'a hard swish',
  'a hard swish',
  'a row for each',
  'a convolution, normalized',
] as const
const all = [...Object.values(MOVES), ...AGAIN.map((name) => MOVES[name]!)]
const move = fc.record({ move: fc.noBias(fc.constantFrom(...all)), numbers })

export const randomGraphs: fc.Arbitrary<Graph> = fc
  .record({
    film: fc.noBias(fc.constantFrom([4, 3, 2], [2, 4, 4], [3, 1, 1], [1, 3, 4])),
    moves: fc.noBias(fc.array(move, { minLength: 2, maxLength: 9 })),
    outputs: fc.array(fc.nat({ max: 9 }), { maxLength: 2 }),
  })
  .map(graphOf)
