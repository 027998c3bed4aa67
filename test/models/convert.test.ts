/** Every backbone, its top included, becomes an ONNX file with one Transpose that gives what tfjs gives. Small films here;
 *  `scripts/check-backbones.ts` does it at the size of the published weights. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { convert } from '../../converters/index.ts'
import { BACKBONES, type BackboneName, buildBackbone, cutAt, SCALINGS } from '../../models/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roentgen-backbones-'))
})
afterAll(() => rm(folder, { recursive: true }))

test.each(Object.keys(BACKBONES) as BackboneName[])(
  '%s agrees with tfjs as ONNX, with one Transpose, of the bytes',
  async (name) => {
    const { leastSide, scaling, cuts } = BACKBONES[name]
    // Odd and even sides are padded in other ways.
    const [height, width] = [leastSide + 3, leastSide + 8]
    const model = buildBackbone(name, {
      includeTop: true,
      classes: 5,
      inputShape: [height, width, 3],
      seed: 1,
    })
    // A softmax hides what differs before it.
    const trunk = cutAt(model, cuts.at(-1)!).outputs[0]!
    const both = tfl.model({ inputs: model.inputs, outputs: [...model.outputs, trunk] })
    const { graph, parity } = await convert(
      ([films]) => {
        const scaled = SCALINGS[scaling].apply(tf.cast(films as tf.Tensor4D, 'float32'))
        const [probabilities, maps] = both.apply(scaled) as [tf.Tensor, tf.Tensor]
        return [probabilities, tf.mean(maps, [1, 2])]
      },
      join(folder, `${name}.onnx`),
      {
        inputs: [{ name: 'film', dtype: 'uint8', shape: [null, height, width, 3] }],
        outputs: ['probabilities', 'features'],
        layers: model.layers,
      },
    )
    model.dispose()
    const transposes = graph.nodes.filter(({ op }) => op === 'Transpose')
    expect(transposes.map(({ inputs }) => inputs)).toEqual([['film']])
    expect(parity[0]!.maxAbs).toBeLessThan(1e-5)
  },
)
