/** A model as Teachable Machine hands it out: a Sequential of two, a trunk with an average and a head, beside a list of the
 *  classes. The trunk is a small one instead of MobileNet. */
import '@tensorflow/tfjs-backend-cpu'
import * as tfl from '@tensorflow/tfjs-layers'
import { strToU8, zipSync } from 'fflate'

/** @returns the zip, for pictures of [32, 32, 3] between -1 and 1 */
export async function teachableMachineZip(labels: readonly string[]): Promise<Uint8Array> {
  const { conv2d, dense, globalAveragePooling2d } = tfl.layers
  const film = tfl.input({ shape: [32, 32, 3] })
  const map = conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu' }).apply(film)
  const trunk = tfl.model({ inputs: film, outputs: map as tfl.SymbolicTensor })
  const pooled = tfl.sequential({ layers: [trunk, globalAveragePooling2d({})] })
  const head = tfl.sequential({
    layers: [
      dense({ units: 5, inputShape: [4], activation: 'relu' }),
      dense({ units: labels.length, activation: 'softmax', useBias: false }),
    ],
  })
  const model = tfl.sequential({ layers: [pooled, head] })
  const metadata = {
    tfjsVersion: '1.3.1',
    tmVersion: '2.4.5',
    packageVersion: '0.8.4-alpha2',
    packageName: '@teachablemachine/image',
    timeStamp: '2020-03-27T12:00:00.000Z',
    userMetadata: {},
    modelName: 'tm-my-image-model',
    labels,
    imageSize: 32,
  }
  const files: Record<string, Uint8Array> = { 'metadata.json': strToU8(JSON.stringify(metadata)) }
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
      files['model.json'] = strToU8(JSON.stringify({ modelTopology, weightsManifest }))
      files['weights.bin'] = new Uint8Array(weightData as ArrayBuffer)
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    },
  })
  model.dispose()
  return zipSync(files)
}
