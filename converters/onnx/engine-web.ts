/** onnxruntime-web, as Node runs it: WebAssembly with threads. It reads no files, so weights beside a model are given to
 *  it. How many threads it has, the session that is opened first decides for the whole process. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { env, InferenceSession, Tensor } from 'onnxruntime-web'
import { requireData } from './external-data.ts'
import { decodeModel } from './header.ts'
import type { Runtime } from './onnxruntime.ts'

env.logLevel = 'fatal'

export const runtime: Runtime = {
  version: env.versions.web ?? 'unknown',
  by: 'wasm',
  providers: ['cpu'],
  Tensor,
  logErrors: () => {
    env.logLevel = 'error'
  },
  async open(model, options) {
    env.wasm.numThreads ??= options.intraOpNumThreads ?? 1
    if (typeof model !== 'string') return InferenceSession.create(model, options)
    const bytes = await readFile(model)
    return InferenceSession.create(bytes, { ...options, externalData: await weightsBeside(bytes, model) })
  },
}

async function weightsBeside(bytes: Uint8Array, path: string) {
  const files = await requireData(decodeModel(bytes, path), path)
  return Promise.all(files.map(async (file) => ({ path: basename(file), data: await readFile(file) })))
}
