/** The table of heads: what stands on a trunk. Each is in two lists: layers without parameters, which may run with a
 *  frozen trunk, and layers to train. Naming follows Keras' own. */
import { layers } from '@tensorflow/tfjs-layers'
import { RoentgenError } from '../errors.ts'
import { deriveSeed } from '../random.ts'
import { headInitializer } from './initial.ts'
import { SeededDropout } from './seeded-dropout.ts'

export interface HeadOptions {
  /** Outputs, one probability for each label. */
  classes: number
  /** Of the last layer; softmax, by which labels exclude each other, unless given. */
  activation?: 'softmax' | 'sigmoid'
  /** Integer; weights and dropout masks follow from it. */
  seed: number
  /** Height, width and channels of the trunk's output. */
  featureShape: readonly [number, number, number]
}

export interface Head {
  /** Without parameters: pooling, flattening. */
  frozen: layers.Layer[]
  trainable: layers.Layer[]
}

interface HeadRow {
  describe: string
  /** Least height and width of the trunk's output. */
  leastSide: number
  frozen: () => layers.Layer[]
  trainable: (options: HeadOptions) => layers.Layer[]
}

const pooled = () => [layers.globalAveragePooling2d({ name: 'global_average_pooling2d' })]

export const HEADS = {
  recipe: {
    describe: 'average pooling 4 x 4, 64 units (ReLU), dropout 0.5, softmax (Rosebrock)',
    leastSide: 4,
    frozen: () => [
      layers.averagePooling2d({ poolSize: 4, name: 'average_pooling2d' }),
      layers.flatten({ name: 'flatten' }),
    ],
    trainable: (options) => [dense('dense', 64, 'relu', options), dropout(options), last('dense_1', options)],
  },
  gap: {
    describe: 'global average pooling, softmax',
    leastSide: 1,
    frozen: pooled,
    trainable: (options) => [last('dense', options)],
  },
  flatten: {
    describe: 'all features, dropout 0.5, softmax (Hansen)',
    leastSide: 1,
    frozen: () => [layers.flatten({ name: 'flatten' })],
    trainable: (options) => [dropout(options), last('dense', options)],
  },
  'gap-1024': {
    describe: 'global average pooling, 1024 units (ReLU), softmax (Apostolopoulos)',
    leastSide: 1,
    frozen: pooled,
    trainable: (options) => [dense('dense', 1024, 'relu', options), last('dense_1', options)],
  },
  'gap-1000': {
    describe: 'global average pooling, 1000 units (ReLU), softmax (Apostolopoulos)',
    leastSide: 1,
    frozen: pooled,
    trainable: (options) => [dense('dense', 1000, 'relu', options), last('dense_1', options)],
  },
  'gap-1000-750': {
    describe: 'global average pooling, 1000 units, dropout 0.5, 750 units (ReLU), softmax (Apostolopoulos)',
    leastSide: 1,
    frozen: pooled,
    trainable: (options) => [
      dense('dense', 1000, 'relu', options),
      dropout(options),
      dense('dense_1', 750, 'relu', options),
      last('dense_2', options),
    ],
  },
} as const satisfies Record<string, HeadRow>

export type HeadName = keyof typeof HEADS

/** New layers of a head, for a trunk whose output has `featureShape`.
 *  @throws ROE_BACKBONE where there is no such head, or the trunk's output is too small for it */
export function headLayers(name: HeadName, options: HeadOptions): Head {
  const row: HeadRow | undefined = Object.hasOwn(HEADS, name) ? HEADS[name] : undefined
  const where = `head ${name}`
  if (row === undefined)
    throw refuse(where, `there is no such head; there are ${Object.keys(HEADS).join(', ')}`)
  if (!Number.isInteger(options.classes) || options.classes < 2)
    throw refuse(where, `it needs at least two classes, not ${options.classes}`)
  const [height, width] = options.featureShape
  if (Math.min(height, width) < row.leastSide)
    throw refuse(
      where,
      `the trunk gives maps of ${height} x ${width}, the head pools ${row.leastSide} x ${row.leastSide}; take a larger film or another head`,
    )
  return { frozen: row.frozen(), trainable: row.trainable(options) }
}

const last = (name: string, options: HeadOptions) =>
  dense(name, options.classes, options.activation ?? 'softmax', options)

const dense = (
  name: string,
  units: number,
  activation: 'relu' | 'softmax' | 'sigmoid',
  { seed }: HeadOptions,
) => layers.dense({ units, activation, kernelInitializer: headInitializer(name, seed), name })

const dropout = ({ seed }: HeadOptions) =>
  new SeededDropout({ rate: 0.5, seed: deriveSeed(seed, 'dropout'), name: 'dropout' })

const refuse = (where: string, problem: string): RoentgenError =>
  new RoentgenError('ROE_BACKBONE', { where, problem })
