/** The table of tfjs kernels: every name that tfjs-core has, a file for each family of those that become nodes.
 *  Printed as docs/coverage.md. */
import { ARITHMETIC } from './arithmetic.ts'
import { ARRAY } from './array.ts'
import { COMPARISON } from './comparison.ts'
import { CONVOLUTION } from './convolution.ts'
import { CROP } from './crop.ts'
import { CUT } from './cut.ts'
import { ELEMENTWISE } from './elementwise.ts'
import { IMAGE } from './image.ts'
import { INDEX_BY } from './index-by.ts'
import type { KernelName, KernelTypes, Lowering } from './kernel.ts'
import { HOST, REFUSED } from './not-lowered.ts'
import { POOL } from './pool.ts'
import { REDUCTION } from './reduction.ts'
import { TURN } from './turn.ts'

/** What becomes of a kernel: nodes; a constant, where all its inputs are known on the host; or a refusal, in words. */
export type KernelRow =
  | { kind: 'lowered'; lower: unknown }
  | { kind: 'host'; reason: string }
  | { kind: 'refused'; reason: string }

/** The kernels that become nodes. */
export const LOWERED = {
  ...ARITHMETIC,
  ...ARRAY,
  ...COMPARISON,
  ...CONVOLUTION,
  ...CROP,
  ...CUT,
  ...ELEMENTWISE,
  ...IMAGE,
  ...INDEX_BY,
  ...POOL,
  ...REDUCTION,
  ...TURN,
} satisfies { [Name in keyof KernelTypes]: Lowering<Name> }

const mapRows = <Name extends string, Value>(
  values: Readonly<Record<Name, Value>>,
  row: (value: Value) => KernelRow,
): Record<Name, KernelRow> =>
  Object.fromEntries(Object.entries<Value>(values).map(([name, value]) => [name, row(value)])) as Record<
    Name,
    KernelRow
  >

export const KERNELS = {
  ...mapRows<keyof typeof LOWERED, unknown>(LOWERED, (lower) => ({ kind: 'lowered', lower })),
  ...mapRows<keyof typeof HOST, string>(HOST, (reason) => ({ kind: 'host', reason })),
  ...mapRows<keyof typeof REFUSED, string>(REFUSED, (reason) => ({ kind: 'refused', reason })),
} satisfies Record<KernelName, KernelRow>
