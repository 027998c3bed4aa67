/** The software Vulkan driver of Debian's chromium: WebGPU without a GPU. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const ICD = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** What makes the `webgpu` provider run on it. */
export const SWIFTSHADER = { VK_ICD_FILENAMES: ICD, XDG_RUNTIME_DIR: '/tmp' }

/** The driver comes with chromium, the loader that finds it does not. */
const hasLoader = (): boolean =>
  spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout?.includes('libvulkan.so.1') ?? false

export const hasSwiftShader = existsSync(ICD) && hasLoader()
