/** The table of TensorFlow's operators that random GraphModels are made of, each with its cases; and of those that
 *  tfjs-converter knows beside them, with the reason why they are not among them. */
import type { OperatorCase } from './case.ts'
import { ELEMENTWISE_CASES } from './elementwise-cases.ts'
import { SHAPE_CASES } from './shape-cases.ts'
import { WINDOW_CASES } from './window-cases.ts'

export const OPERATORS: Readonly<Record<string, readonly OperatorCase[]>> = {
  ...ELEMENTWISE_CASES,
  ...WINDOW_CASES,
  ...SHAPE_CASES,
}

/** Whole groups of tfjs-converter's table. */
const GROUPS: Readonly<Record<string, string>> = {
  control: 'a graph with loops, branches or lists of tensors is run asynchronously and is refused',
  dynamic: 'its shape depends on values: refused, by the kernel',
  hash_table: 'a table of words is refused',
  ragged: 'ragged tensors are refused, by the kernel',
  sparse: 'sparse tensors are refused, by the kernel',
  spectral: 'complex numbers are refused, by the kernel',
  string: 'text is refused, by the kernel',
  tfdf: 'decision forests are refused',
}

const COMPLEX = 'complex numbers are refused, by the kernel'
const RANDOM = 'it draws random numbers, of a shape that is known'
const BROKEN = 'tfjs-converter itself cannot run it'
const KERNEL = 'its kernel is proven in test/converters/record'
const KNOWN = 'it makes a constant'

const SINGLE: Readonly<Record<string, string>> = {
  BitwiseAnd: `${BROKEN}: it reads its inputs by other names`,
  Complex: COMPLEX,
  ComplexAbs: COMPLEX,
  Imag: COMPLEX,
  Real: COMPLEX,
  EnsureShape: `${BROKEN} where the batch is open`,
  MatrixBandPart: 'tfjs-converter reads both of its numbers from one input',
  Reverse: 'TensorFlow writes ReverseV2; its kernel is the same',
  Print: 'it prints',
  NoOp: 'it gives nothing',
  Const: 'it is in every graph',
  Placeholder: 'it is in every graph',
  PlaceholderWithDefault: 'it is a Placeholder or a constant',
  Size: 'a shape of the input, as Shape and Rank are',
  ShapeN: 'a shape of the input, as Shape is',
  LinSpace: KNOWN,
  Ones: KNOWN,
  Zeros: KNOWN,
  RandomStandardNormal: RANDOM,
  RandomUniform: RANDOM,
  RandomUniformInt: RANDOM,
  TruncatedNormal: RANDOM,
  Multinomial: 'it draws random numbers: refused, by the kernel',
  Unique: 'its shape depends on values: refused, by the kernel',
  UniqueV2: 'its shape depends on values: refused, by the kernel',
  BroadcastArgs: 'its shape depends on values: refused, by the kernel',
  LowerBound: KERNEL,
  UpperBound: KERNEL,
  MaxPoolWithArgmax: KERNEL,
  CropAndResize: KERNEL,
  ImageProjectiveTransformV3: KERNEL,
  Bincount: KERNEL,
  DenseBincount: KERNEL,
  ScatterNd: KERNEL,
  GatherNd: KERNEL,
  SparseToDense: KERNEL,
  TensorScatterUpdate: KERNEL,
}

/** Why an operator has no cases; undefined where it needs them. */
export const reasonFor = (operator: string, group: string): string | undefined =>
  SINGLE[operator] ?? GROUPS[group]

export const REASONS = { GROUPS, SINGLE }
