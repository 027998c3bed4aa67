/** SqueezeNet 1.1, which is not in Keras: layers are named and ordered as in torchvision (`features.3.squeeze`). What is a
 *  function there is named here: `features.3` joins the halves of a fire module, `predictions` is
 *  the softmax, which torchvision leaves to the user. */
import { edgePoolLayer } from '../layers/index.ts'
import type { Build } from './plan.ts'
import { type Value, Words } from './words.ts'

/** A fire module: filters that squeeze, filters of each of the two kernels that expand; or a pooling. */
type Feature = readonly [squeeze: number, expand: number] | 'pool'

const FIRST_FILTERS = 64
const DROPOUT = 0.5

/** @param features  from `features.2` on
 *  @returns [batch, h, w, 3] → [batch, about h / 16, w / 16, 512], or → [batch, classes] with the top
 *  @source Iandola et al. 2016, and its version 1.1 */
export const squeezenet =
  (features: readonly Feature[]): Build =>
  (plan) => {
    const say = new Words(plan)
    const inputs = say.input()
    let x = say.conv(inputs, FIRST_FILTERS, 3, { strides: 2, name: 'features.0' })
    x = say.activation(x, 'relu', 'features.1')
    for (const [i, feature] of features.entries()) {
      const name = `features.${i + 2}`
      x = feature === 'pool' ? say.put(x, edgePoolLayer({ name })) : fire(say, x, feature, name)
    }
    if (plan.includeTop) {
      x = say.conv(say.dropout(x, DROPOUT, 'classifier.0'), plan.classes, 1, { name: 'classifier.1' })
      x = say.globalAverage(say.activation(x, 'relu', 'classifier.2'), 'classifier.3')
      x = say.activation(x, 'softmax', 'predictions')
    }
    return say.model(inputs, x)
  }

function fire(say: Words, x: Value, [squeeze, expand]: readonly [number, number], name: string): Value {
  const activated = (y: Value, filters: number, size: number, part: string): Value =>
    say.activation(
      say.conv(y, filters, size, { padding: 'same', name: `${name}.${part}` }),
      'relu',
      `${name}.${part}_activation`,
    )
  const narrow = activated(x, squeeze, 1, 'squeeze')
  return say.concat(
    [activated(narrow, expand, 1, 'expand1x1'), activated(narrow, expand, 3, 'expand3x3')],
    name,
  )
}
