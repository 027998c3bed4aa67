// A tfjs network to an ONNX file, written only if it agrees with tfjs. Run: node docs/examples/convert.mjs
import '@tensorflow/tfjs-backend-cpu'
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers'
import { convert, graphText } from 'roentgen/converters'

const kernelInitializer = initializers.heNormal({ seed: 1 })
const net = sequential()
net.add(
  layers.conv2d({ inputShape: [64, 64, 3], filters: 8, kernelSize: 3, kernelInitializer, name: 'conv' }),
)
net.add(layers.globalAveragePooling2d({ name: 'pool' }))
net.add(layers.dense({ units: 2, activation: 'softmax', kernelInitializer, name: 'top' }))

const { graph, parity } = await convert(([films]) => net.apply(films), 'run/small.onnx', {
  inputs: [{ name: 'films', dtype: 'float32', shape: [null, 64, 64, 3] }],
  outputs: ['probabilities'],
  layers: net.layers,
})
console.log(graphText(graph))
console.log(parity)
