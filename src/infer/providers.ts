/** The table of ONNX Runtime's execution providers. A provider that the user names runs, or the command ends with an
 *  error: nothing falls back to another one. Knows nothing of models; whether a device is there only a session tells. */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Engine } from '../../converters/onnx/onnxruntime.ts'
import { RoentgenError } from '../../errors.ts'

/** What the engine brings on this machine. */
export interface Place {
  /** `linux-x64`. */
  platform: string
  /** Which package runs models: `onnxruntime-node`. */
  engine: string
  /** Providers that it was built with. */
  builtWith: readonly string[]
  /** Names of the files beside its binary. */
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
  /** Whether it takes the number of a device. */
  takesDevice: boolean
  /** Environment that keeps its fp32 at 24 bits; it counts only when it is set before the provider is loaded. */
  exactly: Readonly<Record<string, string>>
  /** How long it may take to open the models and run a batch of each, when it is named and under `auto`: drivers hang,
   *  and what is much slower than the cpu need not be waited for. */
  patienceMs: { named: number; auto: number }
}

const cudaAdvice =
  'put the provider libraries of onnxruntime-gpu of the same version beside onnxruntime_binding.node, and CUDA 13 ' +
  'and cuDNN on LD_LIBRARY_PATH (docs/gpu.md)'

/** NVIDIA's libraries multiply fp32 with 11 bits (TF32) unless told otherwise; ONNX Runtime's own option, use_tf32, is
 *  not passed on by onnxruntime-node. @source docs.nvidia.com/deeplearning/cudnn, NVIDIA_TF32_OVERRIDE */
const WITHOUT_TF32 = { NVIDIA_TF32_OVERRIDE: '0' }

const PLAIN = { takesDevice: false, exactly: {}, patienceMs: { named: 300_000, auto: 30_000 } } as const

/** Fastest first where several run a model: the order in which `auto` tries them. The cpu is the measure of all. */
export const PROVIDERS = [
  {
    ...PLAIN,
    name: 'tensorrt',
    describe: 'NVIDIA GPUs, compiled for the model',
    library: 'onnxruntime_providers_tensorrt',
    needs: 'an NVIDIA GPU, its driver and TensorRT',
    advice: `${cudaAdvice}, and TensorRT too`,
    takesDevice: true,
    exactly: WITHOUT_TF32,
    // It compiles the model first.
    patienceMs: { named: 900_000, auto: 300_000 },
  },
  {
    ...PLAIN,
    name: 'cuda',
    describe: 'NVIDIA GPUs',
    library: 'onnxruntime_providers_cuda',
    needs: 'an NVIDIA GPU and its driver',
    advice: cudaAdvice,
    takesDevice: true,
    exactly: WITHOUT_TF32,
  },
  {
    ...PLAIN,
    name: 'dml',
    describe: 'DirectML: any GPU, Windows',
    library: null,
    needs: 'a GPU that speaks Direct3D 12',
    advice: 'it exists on Windows only',
    takesDevice: true,
  },
  {
    ...PLAIN,
    name: 'coreml',
    describe: 'Core ML: GPU and Neural Engine, macOS; both count in half precision',
    library: null,
    needs: null,
    advice: 'it exists on macOS only',
  },
  {
    ...PLAIN,
    name: 'webgpu',
    describe: 'any GPU, through Vulkan, Metal or Direct3D 12',
    library: null,
    needs: 'a GPU with a driver for Vulkan, Metal or Direct3D 12',
    advice: 'on Linux install libvulkan1 and the driver of your GPU',
  },
  {
    ...PLAIN,
    name: 'cpu',
    describe: 'every core, fp32, the reference',
    library: null,
    needs: null,
    advice: 'install roentgen again, with optional dependencies',
    patienceMs: { named: 900_000, auto: 900_000 },
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

/** Looks at what the engine brings here, without opening a session. */
export function lookAround({ name, providers }: Pick<Engine, 'name' | 'providers'>): Place {
  const platform = `${process.platform}-${process.arch}`
  return { platform, engine: name, builtWith: providers, files: filesOf(binaryFolder()) }
}

/** Where provider libraries are laid. */
function binaryFolder(): string {
  try {
    const main = createRequire(import.meta.url).resolve('onnxruntime-node/package.json')
    return join(dirname(main), 'bin', 'napi-v6', process.platform, process.arch)
  } catch {
    return ''
  }
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
  if (!place.builtWith.includes(name)) return `${place.engine} for ${place.platform} is built without ${name}`
  const isThere = library === null || place.files.some((file) => file.includes(`${library}.`))
  return isThere ? null : `the library ${library} does not lie beside onnxruntime_binding.node`
}

/** @throws ROE_PROVIDER when the provider is not there */
export function demandProvider(provider: Provider, place: Place): void {
  const problem = missingPart(provider, place)
  if (problem !== null)
    throw new RoentgenError('ROE_PROVIDER', { where: provider.name, problem, advice: provider.advice })
}

/** How ONNX Runtime is told which provider, and which of its devices.
 *  @throws ROE_OPTION for a device that the provider does not take */
export function withDevice({ name, takesDevice }: Provider, device: number | undefined): { name: string } {
  if (device === undefined) return { name }
  if (takesDevice) return { name, deviceId: device } as { name: string }
  const able = PROVIDERS.filter((provider) => provider.takesDevice).map((provider) => provider.name)
  const expected = `none with --provider ${name}; ${able.join(', ')} take a number`
  throw new RoentgenError('ROE_OPTION', { where: '--devices', expected, received: String(device) })
}
