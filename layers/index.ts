/** All layers and activations of our own: importing this makes them known to tfjs. */
import './activations.ts'
import './attention.ts'
import './convolution.ts'
import './normalization.ts'
import './operations.ts'
import './recurrent.ts'
import './shape.ts'

export { disposeInitialZeros } from './own-layer.ts'
