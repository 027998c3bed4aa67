/** What all kernels with channels behind share: ONNX computes with channels first, so each such kernel is written
 *  between two Transposes, which the rules then sink and cancel; nothing else knows of layouts. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { RoentgenError } from '../../../errors.ts'
import type { HostValues, Recording } from '../recording.ts'

const spatial = (rank: number): number[] => Array.from({ length: rank - 2 }, (_, i) => i)

/** [0, 3, 1, 2] for maps, [0, 4, 1, 2, 3] for volumes. */
export const toChannelsFirst = (rank: number): number[] => [0, rank - 1, ...spatial(rank).map((i) => i + 1)]

/** [0, 2, 3, 1] for maps, [0, 2, 3, 4, 1] for volumes. */
export const toChannelsLast = (rank: number): number[] => [0, ...spatial(rank).map((i) => i + 2), 1]

/** Writes `node` on `value` with its channels first, and gives the result with its channels last. */
export function channelsFirst(
  to: Recording,
  value: string,
  rank: number,
  node: (value: string) => string,
): string {
  const first = to.add('Transpose', [value], { perm: toChannelsFirst(rank) })
  return to.add('Transpose', [node(first)], { perm: toChannelsLast(rank) })
}

/** @throws ROE_OP_UNSUPPORTED for channels first */
export function requireChannelsLast(to: Recording, kernel: string, dataFormat: string | undefined): void {
  if (dataFormat === undefined || ['NHWC', 'NDHWC', 'channelsLast'].includes(dataFormat)) return
  const detail = `data format ${dataFormat}`
  throw new RoentgenError('ROE_OP_UNSUPPORTED', { where: to.place, kernel, detail })
}

/** @throws ROE_OP_UNSUPPORTED for a tensor that depends on the model's input */
export function requireHost(to: Recording, kernel: string, tensor: TensorInfo, what: string): HostValues {
  const values = to.hostValues(tensor)
  if (values !== undefined) return values
  const detail = `${what} computed`
  throw new RoentgenError('ROE_OP_UNSUPPORTED', { where: to.place, kernel, detail })
}
