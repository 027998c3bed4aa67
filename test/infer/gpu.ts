/** The software Vulkan driver of Debian's chromium: WebGPU without a GPU. */
import { existsSync } from 'node:fs'

const ICD = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** What makes the `webgpu` provider run on it. */
export const SWIFTSHADER = { VK_ICD_FILENAMES: ICD, XDG_RUNTIME_DIR: '/tmp' }

export const hasSwiftShader = existsSync(ICD)
