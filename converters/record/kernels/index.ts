/** The table of tfjs kernels that are lowered, a file for each family. A kernel without a row is refused by name. */
import { ARRAY } from './array.ts'
import { CONVOLUTION } from './convolution.ts'
import { ELEMENTWISE } from './elementwise.ts'
import type { KernelTypes, Lowering } from './kernel.ts'
import { REDUCTION } from './reduction.ts'

export const KERNELS = { ...ARRAY, ...CONVOLUTION, ...ELEMENTWISE, ...REDUCTION } satisfies {
  [Name in keyof KernelTypes]: Lowering<Name>
}
