/** Inception v3, layer for layer as `keras.applications` names and orders it: its convolutions have counted names. */
import { type Branch, chained, joined, STEM } from './branches.ts'
import type { Build } from './plan.ts'
import { Words } from './words.ts'

/** One kernel of 7 x 7 as two: a row, then a column. */
const ROW = [1, 7] as const
const COLUMN = [7, 1] as const

/** Maps of 35 x 35 (of films of 299 x 299). */
const wide = (pooled: number): Branch[] => [
  [[64, 1]],
  [
    [48, 1],
    [64, 5],
  ],
  [
    [64, 1],
    [96, 3],
    [96, 3],
  ],
  ['average', [pooled, 1]],
]

/** Maps of 17 x 17. */
const middle = (inner: number): Branch[] => [
  [[192, 1]],
  [
    [inner, 1],
    [inner, ROW],
    [192, COLUMN],
  ],
  [
    [inner, 1],
    [inner, COLUMN],
    [inner, ROW],
    [inner, COLUMN],
    [192, ROW],
  ],
  ['average', [192, 1]],
]

/** Maps of 8 x 8. @param name  of the first fork; the second has a counted name */
const deep = (name: string): Branch[] => {
  const crossed = [
    [384, [1, 3]],
    [384, [3, 1]],
  ] as const
  return [
    [[320, 1]],
    [[384, 1], { fork: crossed, name }],
    [[448, 1], [384, 3], { fork: crossed }],
    ['average', [192, 1]],
  ]
}

const MODULES: readonly Branch[][] = [
  wide(32),
  wide(64),
  wide(64),
  [
    [[384, 3, 2, 'valid']],
    [
      [64, 1],
      [96, 3],
      [96, 3, 2, 'valid'],
    ],
    ['max'],
  ],
  middle(128),
  middle(160),
  middle(160),
  middle(192),
  [
    [
      [192, 1],
      [320, 3, 2, 'valid'],
    ],
    [
      [192, 1],
      [192, ROW],
      [192, COLUMN],
      [192, 3, 2, 'valid'],
    ],
    ['max'],
  ],
  deep('mixed9_0'),
  deep('mixed9_1'),
]

/** @returns [batch, h, w, 3] → [batch, about h / 32, w / 32, 2048], or → [batch, classes] with the top
 *  @source Szegedy et al. 2015, arXiv:1512.00567 */
export const inceptionV3: Build = (plan) => {
  const say = new Words(plan)
  const inputs = say.input()
  let x = chained(say, inputs, STEM)
  for (const [i, branches] of MODULES.entries()) x = joined(say, x, branches, `mixed${i}`)
  if (plan.includeTop) x = say.dense(say.globalAverage(x, 'avg_pool'), plan.classes, 'softmax', 'predictions')
  return say.model(inputs, x)
}
