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

/** Every kernel name of tfjs-core: its constants whose value is their own name. */
export type KernelName = {
  [Name in keyof typeof tf]: (typeof tf)[Name] extends Name ? Name : never
}[keyof typeof tf]

/** tfjs's own types of the inputs and attributes of each kernel that has a row. */
export interface KernelTypes {
  Abs: [tf.AbsInputs, object]
  Acos: [tf.AcosInputs, object]
  Acosh: [tf.AcoshInputs, object]
  Add: [tf.AddInputs, object]
  AddN: [tf.AddNInputs, object]
  All: [tf.AllInputs, tf.AllAttrs]
  Any: [tf.AnyInputs, tf.AnyAttrs]
  ArgMax: [tf.ArgMaxInputs, tf.ArgMaxAttrs]
  ArgMin: [tf.ArgMinInputs, tf.ArgMinAttrs]
  Asin: [tf.AsinInputs, object]
  Asinh: [tf.AsinhInputs, object]
  Atan: [tf.AtanInputs, object]
  Atan2: [tf.Atan2Inputs, object]
  Atanh: [tf.AtanhInputs, object]
  AvgPool: [tf.AvgPoolInputs, tf.AvgPoolAttrs]
  AvgPool3D: [tf.AvgPool3DInputs, tf.AvgPool3DAttrs]
  BatchMatMul: [tf.BatchMatMulInputs, tf.BatchMatMulAttrs]
  BatchToSpaceND: [tf.BatchToSpaceNDInputs, tf.BatchToSpaceNDAttrs]
  Bincount: [tf.BincountInputs, tf.BincountAttrs]
  BitwiseAnd: [tf.BitwiseAndInputs, object]
  Cast: [tf.CastInputs, tf.CastAttrs]
  Ceil: [tf.CeilInputs, object]
  ClipByValue: [tf.ClipByValueInputs, tf.ClipByValueAttrs]
  Concat: [tf.ConcatInputs, tf.ConcatAttrs]
  Conv2D: [tf.Conv2DInputs, tf.Conv2DAttrs]
  Conv2DBackpropInput: [tf.Conv2DBackpropInputInputs, tf.Conv2DBackpropInputAttrs]
  Conv3D: [tf.Conv3DInputs, tf.Conv3DAttrs]
  Conv3DBackpropInputV2: [tf.Conv3DBackpropInputV2Inputs, tf.Conv3DBackpropInputV2Attrs]
  Cos: [tf.CosInputs, object]
  Cosh: [tf.CoshInputs, object]
  CropAndResize: [tf.CropAndResizeInputs, tf.CropAndResizeAttrs]
  Cumprod: [tf.CumprodInputs, tf.CumprodAttrs]
  Cumsum: [tf.CumsumInputs, tf.CumsumAttrs]
  DenseBincount: [tf.DenseBincountInputs, tf.DenseBincountAttrs]
  DepthToSpace: [tf.DepthToSpaceInputs, tf.DepthToSpaceAttrs]
  DepthwiseConv2dNative: [tf.DepthwiseConv2dNativeInputs, tf.DepthwiseConv2dNativeAttrs]
  Diag: [tf.DiagInputs, object]
  Dilation2D: [tf.Dilation2DInputs, tf.Dilation2DAttrs]
  Einsum: [tf.EinsumInputs, tf.EinsumAttrs]
  Elu: [tf.EluInputs, object]
  Equal: [tf.EqualInputs, object]
  Erf: [tf.ErfInputs, object]
  Exp: [tf.ExpInputs, object]
  ExpandDims: [tf.ExpandDimsInputs, tf.ExpandDimsAttrs]
  Expm1: [tf.Expm1Inputs, object]
  FlipLeftRight: [tf.FlipLeftRightInputs, object]
  Floor: [tf.FloorInputs, object]
  FloorDiv: [tf.FloorDivInputs, object]
  FusedBatchNorm: [BatchNormInputs, tf.FusedBatchNormAttrs]
  FusedConv2D: [tf.FusedConv2DInputs, tf.FusedConv2DAttrs]
  FusedDepthwiseConv2D: [tf.FusedDepthwiseConv2DInputs, tf.FusedDepthwiseConv2DAttrs]
  GatherNd: [tf.GatherNdInputs, object]
  GatherV2: [tf.GatherV2Inputs, tf.GatherV2Attrs]
  Greater: [tf.GreaterInputs, object]
  GreaterEqual: [tf.GreaterEqualInputs, object]
  Identity: [tf.IdentityInputs, object]
  IsFinite: [tf.IsFiniteInputs, object]
  IsInf: [tf.IsInfInputs, object]
  IsNan: [tf.IsNanInputs, object]
  LRN: [tf.LRNInputs, tf.LRNAttrs]
  LeakyRelu: [tf.LeakyReluInputs, tf.LeakyReluAttrs]
  Less: [tf.LessInputs, object]
  LessEqual: [tf.LessEqualInputs, object]
  Log: [tf.LogInputs, object]
  Log1p: [tf.Log1pInputs, object]
  LogicalAnd: [tf.LogicalAndInputs, object]
  LogicalNot: [tf.LogicalNotInputs, object]
  LogicalOr: [tf.LogicalOrInputs, object]
  Max: [tf.MaxInputs, tf.MaxAttrs]
  MaxPool: [tf.MaxPoolInputs, tf.MaxPoolAttrs]
  MaxPool3D: [tf.MaxPool3DInputs, tf.MaxPool3DAttrs]
  MaxPoolWithArgmax: [tf.MaxPoolWithArgmaxInputs, tf.MaxPoolWithArgmaxAttrs]
  Maximum: [tf.MaximumInputs, object]
  Mean: [tf.MeanInputs, tf.MeanAttrs]
  Min: [tf.MinInputs, tf.MinAttrs]
  Minimum: [tf.MinimumInputs, object]
  MirrorPad: [tf.MirrorPadInputs, tf.MirrorPadAttrs]
  Mod: [tf.ModInputs, object]
  Multiply: [tf.MultiplyInputs, object]
  Neg: [tf.NegInputs, object]
  NotEqual: [tf.NotEqualInputs, object]
  OneHot: [tf.OneHotInputs, tf.OneHotAttrs]
  OnesLike: [tf.OnesLikeInputs, object]
  Pack: [tf.PackInputs, tf.PackAttrs]
  PadV2: [tf.PadV2Inputs, tf.PadV2Attrs]
  Pow: [tf.PowInputs, object]
  Prelu: [tf.PreluInputs, object]
  Prod: [tf.ProdInputs, tf.ProdAttrs]
  RealDiv: [tf.RealDivInputs, object]
  Reciprocal: [tf.ReciprocalInputs, object]
  Relu: [tf.ReluInputs, object]
  Relu6: [tf.Relu6Inputs, object]
  Reshape: [tf.ReshapeInputs, tf.ReshapeAttrs]
  ResizeBilinear: [tf.ResizeBilinearInputs, tf.ResizeBilinearAttrs]
  ResizeNearestNeighbor: [tf.ResizeNearestNeighborInputs, tf.ResizeNearestNeighborAttrs]
  Reverse: [tf.ReverseInputs, tf.ReverseAttrs]
  RotateWithOffset: [tf.RotateWithOffsetInputs, tf.RotateWithOffsetAttrs]
  Round: [tf.RoundInputs, object]
  Rsqrt: [tf.RsqrtInputs, object]
  ScatterNd: [tf.ScatterNdInputs, tf.ScatterNdAttrs]
  SearchSorted: [tf.SearchSortedInputs, tf.SearchSortedAttrs]
  Select: [tf.SelectInputs, object]
  Selu: [tf.SeluInputs, object]
  Sigmoid: [tf.SigmoidInputs, object]
  Sign: [tf.SignInputs, object]
  Sin: [tf.SinInputs, object]
  Sinh: [tf.SinhInputs, object]
  Slice: [tf.SliceInputs, tf.SliceAttrs]
  Softmax: [tf.SoftmaxInputs, tf.SoftmaxAttrs]
  Softplus: [tf.SoftplusInputs, object]
  SpaceToBatchND: [tf.SpaceToBatchNDInputs, tf.SpaceToBatchNDAttrs]
  SparseToDense: [tf.SparseToDenseInputs, tf.SparseToDenseAttrs]
  SplitV: [tf.SplitVInputs, tf.SplitVAttrs]
  Sqrt: [tf.SqrtInputs, object]
  Square: [tf.SquareInputs, object]
  SquaredDifference: [tf.SquaredDifferenceInputs, object]
  Step: [tf.StepInputs, tf.StepAttrs]
  StridedSlice: [tf.StridedSliceInputs, tf.StridedSliceAttrs]
  Sub: [tf.SubInputs, object]
  Sum: [tf.SumInputs, tf.SumAttrs]
  Tan: [tf.TanInputs, object]
  Tanh: [tf.TanhInputs, object]
  TensorScatterUpdate: [tf.TensorScatterUpdateInputs, tf.TensorScatterUpdateAttrs]
  Tile: [tf.TileInputs, tf.TileAttrs]
  TopK: [tf.TopKInputs, tf.TopKAttrs]
  Transform: [tf.TransformInputs, tf.TransformAttrs]
  Transpose: [tf.TransposeInputs, tf.TransposeAttrs]
  Unpack: [tf.UnpackInputs, tf.UnpackAttrs]
  UnsortedSegmentSum: [tf.UnsortedSegmentSumInputs, tf.UnsortedSegmentSumAttrs]
  ZerosLike: [tf.ZerosLikeInputs, object]
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

/** Writes nodes for one call. @returns the value that is the kernel's output, or the list of them where tfjs expects a
 *  list */
export type Lowering<Name extends keyof KernelTypes> = (
  call: KernelCall<Given<KernelTypes[Name][0]>, KernelTypes[Name][1]>,
) => string | readonly string[]
