/** Which provider ran which operator, by ONNX Runtime's own profile of a run: a session opens though its provider takes
 *  only some of a model's operators, or none, and the rest runs on the cpu. */
import type { ProviderName } from './providers.ts'

export interface Operators {
  /** Operators of the model as ONNX Runtime runs it, fused; copies between devices are none. */
  all: number
  /** How many of them the provider ran. */
  taken: number
  /** Those that ran elsewhere: operator → how many. */
  left: Readonly<Record<string, number>>
}

/** An event of a profile; what is not said of operators has no `provider`. */
export interface Event {
  name: string
  args?: { op_name?: string; provider?: string; node_index?: string }
}

const KERNEL = '_kernel_time'

/** Counts the operators of a profile, each once.
 *  @param events  in ONNX Runtime's own form (JSON) */
export function operatorsOf(events: readonly Event[], provider: ProviderName = 'cpu'): Operators {
  const operators = new Map<string, { kind: string; provider: string }>()
  for (const { name, args: { op_name: kind = '', provider: by = '', node_index: node } = {} } of events)
    if (name.endsWith(KERNEL) && !kind.startsWith('Memcpy'))
      operators.set(`${node} ${name}`, { kind, provider: by })
  const elsewhere = [...operators.values()].filter((operator) => !isOf(operator.provider, provider))
  const left: Record<string, number> = {}
  for (const { kind } of elsewhere) left[kind] = (left[kind] ?? 0) + 1
  return { all: operators.size, taken: operators.size - elsewhere.length, left }
}

/** `WebGpuExecutionProvider` is `webgpu`. */
const isOf = (said: string, provider: ProviderName): boolean =>
  said.toLowerCase() === `${provider}executionprovider`

/** `80 of 83 operators; on the cpu: 2 Gather, 1 Shape`. */
export function describeOperators({ all, taken, left }: Operators): string {
  const rest = Object.entries(left).map(([kind, count]) => `${count} ${kind}`)
  return `${taken} of ${all} operators${rest.length === 0 ? '' : `; on the cpu: ${rest.join(', ')}`}`
}
