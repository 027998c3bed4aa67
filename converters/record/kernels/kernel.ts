/** What a row of the table of kernels is: a tfjs kernel's typed inputs and attributes, and how it is lowered. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Recording } from '../recording.ts'

/** tfjs types these as always there; `scale` and `offset` may be left out. */
interface BatchNormInputs {
  x: tf.TensorInfo
  mean: tf.TensorInfo
  variance: tf.TensorInfo
  scale?: tf.TensorInfo
  offset?: tf.TensorInfo
}

/** tfjs's own types of the inputs and attributes of each kernel that has a row. */
export interface KernelTypes {
  Abs: [tf.AbsInputs, object]
  Add: [tf.AddInputs, object]
  AvgPool: [tf.AvgPoolInputs, tf.AvgPoolAttrs]
  BatchMatMul: [tf.BatchMatMulInputs, tf.BatchMatMulAttrs]
  Cast: [tf.CastInputs, tf.CastAttrs]
  ClipByValue: [tf.ClipByValueInputs, tf.ClipByValueAttrs]
  Concat: [tf.ConcatInputs, tf.ConcatAttrs]
  Conv2D: [tf.Conv2DInputs, tf.Conv2DAttrs]
  DepthwiseConv2dNative: [tf.DepthwiseConv2dNativeInputs, tf.DepthwiseConv2dNativeAttrs]
  Elu: [tf.EluInputs, object]
  Exp: [tf.ExpInputs, object]
  FusedBatchNorm: [BatchNormInputs, tf.FusedBatchNormAttrs]
  FusedConv2D: [tf.FusedConv2DInputs, tf.FusedConv2DAttrs]
  FusedDepthwiseConv2D: [tf.FusedDepthwiseConv2DInputs, tf.FusedDepthwiseConv2DAttrs]
  Identity: [tf.IdentityInputs, object]
  LeakyRelu: [tf.LeakyReluInputs, tf.LeakyReluAttrs]
  Log: [tf.LogInputs, object]
  Max: [tf.MaxInputs, tf.MaxAttrs]
  MaxPool: [tf.MaxPoolInputs, tf.MaxPoolAttrs]
  Maximum: [tf.MaximumInputs, object]
  Mean: [tf.MeanInputs, tf.MeanAttrs]
  Minimum: [tf.MinimumInputs, object]
  Multiply: [tf.MultiplyInputs, object]
  Neg: [tf.NegInputs, object]
  PadV2: [tf.PadV2Inputs, tf.PadV2Attrs]
  Pow: [tf.PowInputs, object]
  RealDiv: [tf.RealDivInputs, object]
  Relu: [tf.ReluInputs, object]
  Relu6: [tf.Relu6Inputs, object]
  Reshape: [tf.ReshapeInputs, tf.ReshapeAttrs]
  Reverse: [tf.ReverseInputs, tf.ReverseAttrs]
  Sigmoid: [tf.SigmoidInputs, object]
  Softmax: [tf.SoftmaxInputs, tf.SoftmaxAttrs]
  Sqrt: [tf.SqrtInputs, object]
  Sub: [tf.SubInputs, object]
  Sum: [tf.SumInputs, tf.SumAttrs]
  Tanh: [tf.TanhInputs, object]
  Transpose: [tf.TransposeInputs, tf.TransposeAttrs]
  _FusedMatMul: [tf._FusedMatMulInputs, tf._FusedMatMulAttrs]
}

/** A call of a kernel: `tensors` are tfjs's own, `to.recorded(tensor)` is its value in the graph. */
export interface KernelCall<Inputs, Attrs> {
  tensors: Inputs
  attrs: Attrs
  to: Recording
}

/** tfjs types every input as possibly undefined; only those marked optional are. */
type Given<Inputs> = { [Key in keyof Inputs]: NonNullable<Inputs[Key]> }

/** Writes nodes for one call. @returns the value that is the kernel's output */
export type Lowering<Name extends keyof KernelTypes> = (
  call: KernelCall<Given<KernelTypes[Name][0]>, KernelTypes[Name][1]>,
) => string
