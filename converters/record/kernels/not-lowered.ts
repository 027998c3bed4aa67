/** Kernels that become no nodes, each with the reason that its user reads behind the kernel's name. */
import type { KernelName } from './kernel.ts'

/** Evaluated on the host where all inputs are known there, refused where one depends on the model's input. */
export const HOST = {
  BroadcastArgs: 'the shape of its result depends on values of the input',
  Fill: 'it takes a shape and a number, which do not depend on the input',
  LinSpace: 'it takes numbers, which do not depend on the input',
  NonMaxSuppressionV3: 'how many boxes it keeps depends on values of the input',
  NonMaxSuppressionV4: 'which boxes it keeps is found in a loop over values of the input',
  NonMaxSuppressionV5: 'how many boxes it keeps depends on values of the input',
  RaggedGather: 'a ragged tensor has lengths that depend on values of the input',
  RaggedRange: 'a ragged tensor has lengths that depend on values of the input',
  RaggedTensorToTensor: 'a ragged tensor has lengths that depend on values of the input',
  Range: 'it takes numbers, which do not depend on the input',
  SparseFillEmptyRows: 'how many values it gives depends on values of the input',
  SparseReshape: 'it computes a shape from values of the input',
  SparseSegmentMean: 'how many segments it gives depends on values of the input',
  SparseSegmentSum: 'how many segments it gives depends on values of the input',
  StaticRegexReplace: 'it computes with strings that depend on the input',
  StringNGrams: 'it computes with strings that depend on the input',
  StringSplit: 'it computes with strings that depend on the input',
  StringToHashBucketFast: 'it computes with strings that depend on the input',
  Unique: 'how many values it gives depends on values of the input',
} as const satisfies Partial<Record<KernelName, string>>

const GRADIENT = 'a gradient, which inference does not call'
const COMPLEX = 'it computes with complex numbers, which the operators of ONNX do not take'
const BROWSER = 'it reads or draws pixels of a browser'
const NEVER_CALLED = 'a name without an operation: nothing in tfjs calls it'

export const REFUSED = {
  AvgPool3DGrad: GRADIENT,
  AvgPoolGrad: GRADIENT,
  BroadcastTo: `${NEVER_CALLED}, tf.broadcastTo is Tile`,
  Complex: COMPLEX,
  ComplexAbs: COMPLEX,
  Conv2DBackpropFilter: GRADIENT,
  Conv3DBackpropFilterV2: GRADIENT,
  DepthwiseConv2dNativeBackpropFilter: GRADIENT,
  DepthwiseConv2dNativeBackpropInput: GRADIENT,
  Dilation2DBackpropFilter: GRADIENT,
  Dilation2DBackpropInput: GRADIENT,
  Draw: BROWSER,
  EluGrad: GRADIENT,
  FFT: COMPLEX,
  FromPixels: BROWSER,
  IFFT: COMPLEX,
  Imag: COMPLEX,
  LRNGrad: GRADIENT,
  LogSoftmax: `${NEVER_CALLED}, tf.logSoftmax is composed of others`,
  LogicalXor: `${NEVER_CALLED}, tf.logicalXor is composed of others`,
  LowerBound: `${NEVER_CALLED}, tf.lowerBound is SearchSorted`,
  MatrixBandPart: `${NEVER_CALLED}, tf.linalg.bandPart is composed of others`,
  MaxPool3DGrad: GRADIENT,
  MaxPoolGrad: GRADIENT,
  Multinomial: 'it draws random numbers, and a converted model gives the same answer each time',
  Pool: `${NEVER_CALLED}, tf.pool is MaxPool or AvgPool`,
  Real: COMPLEX,
  ResizeBilinearGrad: GRADIENT,
  ResizeNearestNeighborGrad: GRADIENT,
  UpperBound: `${NEVER_CALLED}, tf.upperBound is SearchSorted`,
} as const satisfies Partial<Record<KernelName, string>>
