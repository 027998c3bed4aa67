/** What a result says of the machine, and of what ran on it. No name of the machine or its user. */
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import type { Results } from '../../../bench/results.ts'
import { loadEngine } from '../../../converters/onnx/onnxruntime.ts'
import { versionOf } from '../../infer/package-version.ts'
import { gpuName } from './gpu.ts'

export const machineFacts = async (): Promise<Results['machine']> => ({
  cpu: cpus()[0]?.model.trim() || process.arch,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  os: `${type()} ${release()} ${process.arch}`,
  gpu: await gpuName(),
})

export async function versionFacts(): Promise<Results['versions']> {
  const { name, version } = await loadEngine()
  return { roentgen: versionOf('roentgen') ?? 'unknown', node: process.version, [name]: version }
}
