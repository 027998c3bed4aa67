/** `roentgen/converters`: tfjs and Keras models to ONNX. */
export { type Comparison, compareModels } from './compare.ts'
export { type Converted, type ConvertOptions, convert } from './convert.ts'
export { type Precision, TOLERANCES } from './difference.ts'
export { DEFAULT_OPSET, OPSETS, type Opset } from './graph/at-opset.ts'
export { type Constant, type Graph, graphText, type Node, type TensorType } from './graph/graph.ts'
export { OPERATORS } from './graph/operators.ts'
export { encodeModel, writeModel } from './onnx/encode.ts'
export { describeTensor, type ModelHeader, readHeader, type TensorInfo } from './onnx/header.ts'
export { parseMetadata, readMetadata, withMetadata } from './onnx/metadata.ts'
export type { Feed, Values } from './onnx/runner.ts'
export {
  MODEL_READERS,
  type Part,
  type ReadModel,
  type ReadOptions,
  readModel,
} from './read/models/read-model.ts'
export { readWeights } from './read/weights.ts'
export { KERNELS } from './record/kernels/index.ts'
export { type RecordedFunction, type RecordInput, type RecordOptions, record } from './record/record.ts'
export { type Reference, referenceOf } from './reference.ts'
export { RULES, rewrite } from './rewrite/rewrite.ts'
export { IN_FLOAT32, type LossyWeight } from './rewrite/to-float16.ts'
export { openRunnable, type Runnable } from './runnable.ts'
export { type Parity, requireParity, verify } from './verify.ts'
