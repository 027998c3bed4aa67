/** Inception-ResNet v2, layer for layer as `keras.applications` names and orders it. */
import { type Branch, chained, convNorm, joined, STEM } from './branches.ts'
import type { Build } from './plan.ts'
import { channelsOf, type Value, Words } from './words.ts'

/** Blocks whose branches are scaled and added to what came in; before them stands a module that makes maps smaller. */
interface Stage {
  before: { name: string; branches: readonly Branch[] }
  name: string
  blocks: number
  scale: number
  branches: readonly Branch[]
}

const STAGES: readonly Stage[] = [
  {
    before: {
      name: 'mixed_5b',
      branches: [
        [[96, 1]],
        [
          [48, 1],
          [64, 5],
        ],
        [
          [64, 1],
          [96, 3],
          [96, 3],
        ],
        ['average', [64, 1]],
      ],
    },
    name: 'block35',
    blocks: 10,
    scale: 0.17,
    branches: [
      [[32, 1]],
      [
        [32, 1],
        [32, 3],
      ],
      [
        [32, 1],
        [48, 3],
        [64, 3],
      ],
    ],
  },
  {
    before: {
      name: 'mixed_6a',
      branches: [
        [[384, 3, 2, 'valid']],
        [
          [256, 1],
          [256, 3],
          [384, 3, 2, 'valid'],
        ],
        ['max'],
      ],
    },
    name: 'block17',
    blocks: 20,
    scale: 0.1,
    branches: [
      [[192, 1]],
      [
        [128, 1],
        [160, [1, 7]],
        [192, [7, 1]],
      ],
    ],
  },
  {
    before: {
      name: 'mixed_7a',
      branches: [
        [
          [256, 1],
          [384, 3, 2, 'valid'],
        ],
        [
          [256, 1],
          [288, 3, 2, 'valid'],
        ],
        [
          [256, 1],
          [288, 3],
          [320, 3, 2, 'valid'],
        ],
        ['max'],
      ],
    },
    name: 'block8',
    blocks: 10,
    scale: 0.2,
    branches: [
      [[192, 1]],
      [
        [192, 1],
        [224, [1, 3]],
        [256, [3, 1]],
      ],
    ],
  },
]

/** @returns [batch, h, w, 3] → [batch, about h / 32, w / 32, 1536], or → [batch, classes] with the top
 *  @source Szegedy et al. 2016, arXiv:1602.07261 */
export const inceptionResnetV2: Build = (plan) => {
  const say = new Words(plan)
  const inputs = say.input()
  let x = chained(say, inputs, STEM)
  for (const stage of STAGES) {
    x = joined(say, x, stage.before.branches, stage.before.name)
    for (let i = 1; i <= stage.blocks; i++) x = block(say, x, stage, i)
  }
  x = convNorm(say, x, [1536, 1], 'conv_7b')
  if (plan.includeTop) x = say.dense(say.globalAverage(x, 'avg_pool'), plan.classes, 'softmax', 'predictions')
  return say.model(inputs, x)
}

/** The very last block is added as it is, and has no activation. */
function block(say: Words, x: Value, { name, blocks, scale, branches }: Stage, i: number): Value {
  const isLast = name === STAGES.at(-1)?.name && i === blocks
  const mixed = joined(say, x, branches, `${name}_${i}_mixed`)
  const up = say.conv(mixed, channelsOf(x), 1, { padding: 'same', name: `${name}_${i}_conv` })
  const sum = say.addScaled(x, up, isLast ? 1 : scale)
  return isLast ? sum : say.activation(sum, 'relu', `${name}_${i}_ac`)
}
