/** The engine that runs models: ONNX Runtime's native code, or, where that has no binary for the machine, WebAssembly,
 *  which gives the same answers but for the last digits and knows the cpu only. */
import { problemOf, RoentgenError } from '../../errors.ts'
import type { InferenceSession, Tensor } from './engine-node.ts'

export type { InferenceSession, Tensor }

/** What each engine's file brings. */
export interface Runtime {
  version: string
  /** How its cpu provider runs where that is not native code. */
  by: 'wasm' | null
  /** The providers that it was built with. */
  providers: readonly string[]
  Tensor: typeof Tensor
  /** Errors of loading a provider are written on stderr too, with more words than are thrown; before any session. */
  logErrors: () => void
  /** @param model  a path, or the bytes   @throws what ONNX Runtime throws */
  open: (model: string | Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>
}

/** In the order in which they are tried. */
const ENGINES = [
  { name: 'onnxruntime-node', load: () => import('./engine-node.ts') },
  { name: 'onnxruntime-web', load: () => import('./engine-web.ts') },
] as const

export interface Engine extends Runtime {
  name: (typeof ENGINES)[number]['name']
}

let loaded: Promise<Engine> | undefined

/** Loads the first engine that loads, once.
 *  @throws ROE_PROVIDER when there is none */
export const loadEngine = (): Promise<Engine> => {
  loaded ??= load()
  return loaded
}

async function load(): Promise<Engine> {
  const problems: string[] = []
  for (const { name, load } of ENGINES) {
    try {
      return { name, ...(await load()).runtime }
    } catch (error) {
      problems.push(`${name} does not load (${problemOf(error)})`)
    }
  }
  const advice = 'install the second, npm install onnxruntime-web@1.30.0: it runs wherever Node does'
  throw new RoentgenError('ROE_PROVIDER', { where: 'cpu', problem: problems.join(', '), advice })
}
