/** The table of ONNX Runtime's execution providers. A provider that the user names runs, or the command ends with an
 *  error: nothing falls back to another one. Knows nothing of models; whether a device is there only a session tells. */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { RoentgenError } from '../../errors.ts'

/** What onnxruntime-node brings on this machine. */
export interface Place {
  /** `linux-x64`. */
  platform: string
  /** Providers that the binary was built with. */
  builtWith: readonly string[]
  /** Names of the files beside the binary. */
  files: readonly string[]
}

export interface Provider {
  /** As ONNX Runtime and `--provider` call it. */
  name: string
  describe: string
  /** Library beside the binary that the provider is loaded from; null where the binary itself holds it. */
  library: string | null
  /** What must be there besides, which only opening a session tells; null when nothing. */
  needs: string | null
  /** What to do when it is missing. */
  advice: string
}

const cudaAdvice =
  'put the provider libraries of onnxruntime-gpu of the same version beside onnxruntime_binding.node, and CUDA 13 ' +
  'and cuDNN on LD_LIBRARY_PATH'

export const PROVIDERS = [
  {
    name: 'cpu',
    describe: 'every core, fp32, the reference',
    library: null,
    needs: null,
    advice: 'install onnxruntime-node again',
  },
  {
    name: 'webgpu',
    describe: 'any GPU, through Vulkan, Metal or Direct3D 12',
    library: null,
    needs: 'a GPU with a driver for Vulkan, Metal or Direct3D 12',
    advice: 'on Linux install libvulkan1 and the driver of your GPU',
  },
  {
    name: 'cuda',
    describe: 'NVIDIA GPUs',
    library: 'onnxruntime_providers_cuda',
    needs: 'an NVIDIA GPU and its driver',
    advice: cudaAdvice,
  },
  {
    name: 'tensorrt',
    describe: 'NVIDIA GPUs, compiled for the model',
    library: 'onnxruntime_providers_tensorrt',
    needs: 'an NVIDIA GPU, its driver and TensorRT',
    advice: `${cudaAdvice}, and TensorRT too`,
  },
  {
    name: 'dml',
    describe: 'DirectML: any GPU, Windows',
    library: null,
    needs: 'a GPU that speaks Direct3D 12',
    advice: 'it exists on Windows only',
  },
  {
    name: 'coreml',
    describe: 'Core ML: GPU and Neural Engine, macOS',
    library: null,
    needs: null,
    advice: 'it exists on macOS only',
  },
] as const satisfies readonly Provider[]

export type ProviderName = (typeof PROVIDERS)[number]['name']

/** The row of a provider.
 *  @throws ROE_OPTION when there is no such provider */
export function providerNamed(name: string): (typeof PROVIDERS)[number] {
  const row = PROVIDERS.find((provider) => provider.name === name)
  if (row !== undefined) return row
  const expected = `one of ${PROVIDERS.map((provider) => provider.name).join(', ')}`
  throw new RoentgenError('ROE_OPTION', { where: '--provider', expected, received: name })
}

/** Looks at what onnxruntime-node brings here, without opening a session.
 *  @param builtWith  what its `listSupportedBackends()` says */
export function lookAround(builtWith: readonly { name: string }[]): Place {
  const platform = `${process.platform}-${process.arch}`
  const main = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
  const folder = join(dirname(main), 'bin', 'napi-v6', process.platform, process.arch)
  return { platform, builtWith: builtWith.map(({ name }) => name), files: filesOf(folder) }
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Why a provider is not there.
 *  @returns null when it is there, as far as files tell */
export function missingPart({ name, library }: Provider, place: Place): string | null {
  if (!place.builtWith.includes(name))
    return `onnxruntime-node for ${place.platform} is built without ${name}`
  const isThere = library === null || place.files.some((file) => file.includes(`${library}.`))
  return isThere ? null : `the library ${library} does not lie beside onnxruntime_binding.node`
}

/** @throws ROE_PROVIDER when the provider is not there */
export function demandProvider(provider: Provider, place: Place): void {
  const problem = missingPart(provider, place)
  if (problem !== null)
    throw new RoentgenError('ROE_PROVIDER', { where: provider.name, problem, advice: provider.advice })
}
