/** tfjs' WebGPU backend on Dawn, which the npm package `webgpu` brings: any GPU, without CUDA. Nothing can be read at
 *  once from a GPU: what runs here awaits `data()`. */
import * as tf from '@tensorflow/tfjs-core'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { versionOf } from '../../infer/package-version.ts'
import type { EngineRow } from './engine.ts'
import { comeHome, computeOn } from './home.ts'

/** Optional peers: their names are not written into imports, so that types and bundlers do not ask for them. */
const DAWN = 'webgpu'
const BACKEND = '@tensorflow/tfjs-backend-webgpu'

const INSTALL = 'npm install webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0'
const DRIVER = 'on Linux install libvulkan1 and the driver of your GPU'

/** What we use of WebGPU. @source www.w3.org/TR/webgpu */
interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>
}
interface Adapter {
  info: { description: string; device: string; vendor: string; isFallbackAdapter?: boolean }
  limits: Readonly<Record<string, number>>
  requestDevice(options: { requiredLimits: Record<string, number> }): Promise<Device>
}
interface Device {
  addEventListener(kind: 'uncapturederror', told: (event: { error: Error }) => void): void
  destroy(): void
}

interface Loaded {
  gpu: Gpu
  adapter: Adapter
  makeBackend: (device: Device, info: Adapter['info']) => tf.KernelBackend
}

/** @returns what is missing, where it is */
async function load(): Promise<Loaded | string> {
  const [dawn, backend] = await Promise.all([import(DAWN), import(BACKEND)]).catch((error: unknown) => [
    problemOf(error),
  ])
  if (typeof dawn === 'string') return `it needs two packages (${dawn}); ${INSTALL}`
  Object.assign(globalThis, dawn.globals)
  const gpu = dawn.create([]) as Gpu
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) return `no GPU is found; ${DRIVER}`
  return { gpu, adapter, makeBackend: (device, info) => new backend.WebGPUBackend(device, info) }
}

const nameOf = ({ info }: Adapter): string => info.description || info.device || info.vendor

/** tfjs' kernels take as much of these as the GPU has. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const

export const WEBGPU = {
  name: 'webgpu',
  describe: 'any GPU, through Vulkan, Metal or Direct3D 12',
  async available(isNamed) {
    const loaded = await load()
    if (typeof loaded === 'string') return loaded
    const { adapter } = loaded
    if (isNamed || adapter.info.isFallbackAdapter !== true) return true
    return `${nameOf(adapter)} is no GPU but computes on the cpu; ${DRIVER}, or name the engine`
  },
  async open() {
    const loaded = await load()
    if (typeof loaded === 'string') throw new Error(loaded)
    const { gpu, adapter, makeBackend } = loaded
    const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]!]))
    const device = await adapter.requestDevice({ requiredLimits })
    let failure: Error | undefined
    device.addEventListener('uncapturederror', ({ error }) => {
      failure ??= error
    })
    // While these are there, Node does not end.
    const leave = () => {
      tf.removeBackend('webgpu')
      device.destroy()
      setNavigatorGpu(undefined)
    }
    setNavigatorGpu(gpu)
    tf.registerBackend('webgpu', () => makeBackend(device, adapter.info))
    try {
      await computeOn('webgpu')
    } catch (error) {
      leave()
      throw error
    }
    return {
      name: 'webgpu',
      version: versionOf(DAWN) ?? 'unknown',
      device: nameOf(adapter),
      async close() {
        if (tf.findBackendFactory('webgpu') === null) return
        await comeHome()
        leave()
        if (failure !== undefined)
          throw new RoentgenError('ROE_TRAINING', { where: 'engine webgpu', problem: problemOf(failure) })
      },
    }
  },
} as const satisfies EngineRow

/** Where tfjs looks for it. Node has a navigator from 21 on. */
function setNavigatorGpu(gpu: Gpu | undefined): void {
  const place = globalThis as { navigator?: object }
  if (place.navigator === undefined)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
  Object.defineProperty(place.navigator, 'gpu', { value: gpu, configurable: true })
}
