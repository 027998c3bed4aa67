/** All layers and activations of our own: importing this makes them known to tfjs. */
import './activations.ts'
import './attention.ts'
import './convolution.ts'
import './operations.ts'
import './recurrent.ts'

export { edgePoolLayer, scaledSumLayer } from './merge.ts'
export { normalizationLayer } from './normalization.ts'
export { disposeInitial } from './own-layer.ts'
export { globalPoolLayer } from './shape.ts'
