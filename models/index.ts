/** The public face of `models`. A tfjs backend must be registered by whoever imports it. */
export { findMapSource, type MapSource, withMaps } from './activation-maps.ts'
export { BACKBONES, type Backbone, type BackboneName } from './backbones.ts'
export { type BackboneOptions, buildBackbone, fillBackbone } from './build.ts'
export { cutAt, cutoffOf, parametersAt } from './cutoff.ts'
export { HEADS, type Head, type HeadName, type HeadOptions, headLayers } from './heads.ts'
export { SCALINGS, type ScalingName } from './scaling.ts'
export { SeededDropout } from './seeded-dropout.ts'
export { applyWeights, applyWeightsInOrder, type WeightTensor, weightsByKey } from './weights.ts'
