/** tfjs's WebAssembly backend on several cores. The package holds the code and keeps Node from it, since it would start
 *  threads from blobs, which Node does not; here it gets threads of Node's. XNNPACK shares its work out by parts of the output,
 *  so that every number is that of one thread. Kernels that are not XNNPACK's stay on one. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { WasmFactoryConfig } from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js'
import * as tf from '@tensorflow/tfjs-core'

/** So many threads the package makes before it knows how many it needs; it takes the last of them first. */
const POOL = 8

const MINUTE_MS = 60_000

type Bind = (name: string, gives: 'number' | null, takes: 'number'[]) => (...numbers: number[]) => number
type Module = BackendWasm['wasm'] & { cwrap: Bind }
type Factory = (config: WasmFactoryConfig) => Promise<Module>
interface Imports {
  env: Record<string, unknown>
}
interface Compiled {
  instance: object
  module: object
}
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: { instantiate: (bytes: Uint8Array, imports: Imports) => Promise<Compiled> }
}

const require = createRequire(import.meta.url)
const NAME = '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd'
const SCRIPT = require.resolve(`${NAME}.js`)

/** Puts a backend `wasm` on several threads into the place of the one on one thread; with one core, where that one is in use
 *  already, or where threads do not start, it stays. The threads stay, idle, until the process ends, which they do not
 *  hinder: once a process.
 *  @param threads  [one for each core]   @returns how many compute */
export async function useWasmThreads(threads = availableParallelism()): Promise<number> {
  const wanted = Math.min(threads, POOL)
  if (wanted < 2 || isInUse()) return 1
  // Its threads keep no process alive, and it waits for them.
  const awake = setInterval(() => {}, MINUTE_MS)
  const module = await loadThreaded(wanted).catch(() => undefined)
  clearInterval(awake)
  if (module === undefined) return 1
  if (tf.findBackendFactory('wasm')) tf.removeBackend('wasm')
  tf.registerBackend('wasm', () => new BackendWasm(module))
  return wanted
}

/** Whether tensors may lie in a backend `wasm`: they would go with it. */
const isInUse = (): boolean => Object.hasOwn(tf.engine().registry, 'wasm')

function loadThreaded(threads: number): Promise<Module> {
  return new Promise((resolve, reject) => {
    const config: WasmFactoryConfig & { printErr: (text: string) => void } = {
      locateFile: (name) => name,
      mainScriptUrlOrBlob: SCRIPT,
      instantiateWasm: (imports: Imports, receive: (instance: object, module: object) => void) => {
        // It takes every second core for no real one.
        imports.env.emscripten_num_logical_cores = () => 2 * threads
        compile(imports).then(({ instance, module }) => receive(instance, module), reject)
        return {}
      },
      onAbort: reject,
      printErr: () => {},
    }
    const factory = require(SCRIPT) as Factory
    withThreads(threads - 1, reject, () => factory(config)).then(
      (module) => resolve(bound(module, threads)),
      reject,
    )
  })
}

const compile = async (imports: Imports): Promise<Compiled> =>
  wasm.instantiate(await readFile(require.resolve(`${NAME}.wasm`)), imports)

/** The functions that BackendWasm calls, as the package's own `init` binds them. */
function bound(module: Module, threads: number): Module {
  const { cwrap } = module
  module.tfjs = {
    init: cwrap('init', null, []),
    initWithThreadsCount: () => cwrap('init_with_threads_count', null, ['number'])(threads),
    getThreadsCount: cwrap('get_threads_count', 'number', []),
    registerTensor: cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: cwrap('dispose_data', null, ['number']),
    dispose: cwrap('dispose', null, []),
  }
  return module
}

type Listener = (message: unknown) => void

/** While `start` runs, `Worker` is what the package takes for one; those of its pool that are
 *  not needed are threads by name only. */
function withThreads<T>(needed: number, onError: (error: unknown) => void, start: () => T): T {
  const { wasmWorkerContents } = require(`${NAME}.worker.js`) as { wasmWorkerContents: string }
  // The text went through one quoting too many.
  const script = wasmWorkerContents.replaceAll('\n', '\\n')
  let made = 0
  class Thread {
    readonly #worker = made++ >= POOL - needed ? new Worker(script, { eval: true }) : undefined
    #listener: Listener = () => {}

    on(event: string, listener: Listener): void {
      if (event !== 'message') return
      this.#listener = listener
      this.#worker?.on('message', listener).on('error', onError).unref()
    }
    postMessage(message: object): void {
      this.#worker?.postMessage(message)
      if (this.#worker === undefined) setImmediate(() => this.#listener({ cmd: 'loaded' }))
    }
    terminate(): void {
      void this.#worker?.terminate()
    }
    ref(): void {}
    unref(): void {}
  }
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker')
  // The package would set its own.
  Object.defineProperty(globalThis, 'Worker', { get: () => Thread, set: () => {}, configurable: true })
  try {
    return start()
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'Worker')
    else Object.defineProperty(globalThis, 'Worker', before)
  }
}
