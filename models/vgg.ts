/** Networks of the VGG family, layer for layer as `keras.applications` names and orders them. */
import { layers } from '@tensorflow/tfjs-layers'
import type { Build } from './plan.ts'
import { Words } from './words.ts'

/** Filters, and how many convolutions. */
type Block = readonly [filters: number, count: number]

/** Units of the two hidden layers of the top. */
const TOP_UNITS = 4096

/** @returns [batch, h, w, 3] → [batch, h / 32, w / 32, 512], or → [batch, classes] with the top
 *  @source Simonyan & Zisserman 2014, configurations D (VGG16) and E (VGG19) */
export const vgg =
  (blocks: readonly Block[]): Build =>
  (plan) => {
    const say = new Words(plan)
    const inputs = say.input()
    let x = inputs
    blocks.forEach(([filters, count], block) => {
      const name = `block${block + 1}`
      for (let i = 1; i <= count; i++)
        x = say.conv(x, filters, 3, { padding: 'same', activation: 'relu', name: `${name}_conv${i}` })
      x = say.maxPool(x, 2, { strides: 2, name: `${name}_pool` })
    })
    if (plan.includeTop) {
      x = say.put(x, layers.flatten({ name: 'flatten' }))
      for (const name of ['fc1', 'fc2']) x = say.dense(x, TOP_UNITS, 'relu', name)
      x = say.dense(x, plan.classes, 'softmax', 'predictions')
    }
    return say.model(inputs, x)
  }
