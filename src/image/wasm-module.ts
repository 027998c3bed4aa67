/** A WebAssembly module with one memory for the whole process, which grows by need and is used anew by each film. */

export interface WasmModule {
  memory: { buffer: ArrayBuffer; grow: (pages: number) => number }
}

/** The types of Node 20 leave it out. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object
    Instance: new (module: object) => { exports: unknown }
  }
}

const PAGE_BYTES = 2 ** 16

/** @param base64  the module
 *  @returns gives the module with at least so many bytes of memory, or null: for more than `most`, or where the processor has
 *    no vectors */
export function wasmModule<M extends WasmModule>(base64: string, most: number): (bytes: number) => M | null {
  let instance: M | null | undefined
  return (bytes) => {
    if (bytes > most) return null
    if (instance === undefined) instance = instantiate<M>(base64)
    const missing = instance === null ? 0 : bytes - instance.memory.buffer.byteLength
    if (missing > 0) instance?.memory.grow(Math.ceil(missing / PAGE_BYTES))
    return instance
  }
}

function instantiate<M>(base64: string): M | null {
  try {
    const module = new wasm.Module(Buffer.from(base64, 'base64'))
    return new wasm.Instance(module).exports as M
  } catch {
    return null // a processor without vectors
  }
}
