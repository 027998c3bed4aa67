/** What an exported model is compared with: the function that it came from, on the fastest backend of tfjs that is there
 *  and has its kernels. */
import * as tf from '@tensorflow/tfjs-core'
import { problemOf, RoentgenError } from '../errors.ts'
import type { Computed, Feed } from './onnx/runner.ts'
import type { RecordedFunction } from './record/record.ts'
import { tapKernels } from './record/tap-kernels.ts'

/** What the original gives for each feed. */
interface Expected {
  /** For each feed its outputs, in the function's order. */
  runs: readonly (readonly Computed[])[]
  /** What computed them: `tfjs wasm`, or `tfjs cpu (wasm lacks the kernel 'LRN')`. */
  by: string
}

/** Computes the original; in this process or, where its weights are large, in another.
 *  @param doubted  the backends that are not to be asked (again): see `measureParity` */
export type Reference = (feeds: readonly Feed[], doubted?: readonly string[]) => Promise<Expected>

/** Where nobody has registered a backend of this name, an optional peer: its name is not written into the import, so that types and bundlers do not ask for it. */
const NATIVE = '@tensorflow/tfjs-node'

/** Fastest first: TensorFlow where it is loaded or tfjs-node installed, then WebAssembly, then plain JavaScript. */
const BACKENDS: readonly { name: string; load: () => Promise<unknown> }[] = [
  {
    name: 'tensorflow',
    load: async () => tf.findBackendFactory('tensorflow') ?? (await import(NATIVE)),
  },
  { name: 'wasm', load: () => import('@tensorflow/tfjs-backend-wasm') },
  { name: 'cpu', load: () => import('@tensorflow/tfjs-backend-cpu') },
]

/** The backend of tfjs that computed what `by` says, unless it is the last, whose word is final. */
export const fasterBackend = (by: string): string | undefined =>
  BACKENDS.slice(0, -1).find(({ name }) => by.split(' ')[1] === name)?.name

/** The reference that this process computes itself. */
export const referenceOf =
  (fn: RecordedFunction): Reference =>
  (feeds, doubted = []) =>
    onReference(doubted, async () => {
      const runs: Computed[][] = []
      for (const feed of feeds) runs.push(await runTfjs(fn, feed))
      return runs
    }).then(({ value, by }) => ({ runs: value, by }))

/** What plain JavaScript, which has the last word, gives for some of the kernels that `fn` calls.
 *  @param wanted  indices of calls   @returns by index; and the names of all kernels, in the order of their calls */
export async function captureCalls(
  fn: RecordedFunction,
  feed: Feed,
  wanted: ReadonlySet<number>,
): Promise<{ kernels: string[]; outputs: Map<number, Computed[]> }> {
  const faster = BACKENDS.slice(0, -1).map(({ name }) => name)
  const { value } = await onReference(faster, async () => {
    const [kernels, outputs]: [string[], Map<number, Computed[]>] = [[], new Map()]
    const onCall = (kernel: string, tensors: tf.Tensor[]): void => {
      const index = kernels.push(kernel) - 1
      if (!wanted.has(index)) return
      outputs.set(
        index,
        tensors.map((tensor) => ({ shape: tensor.shape, data: numbersOf(tensor.dataSync().slice()) })),
      )
    }
    tf.tidy(() => {
      const tensors = tensorsOf(feed)
      tapKernels(onCall, () => fn(tensors))
    })
    return { kernels, outputs }
  })
  return value
}

/** Runs `body` on the fastest backend that has all the kernels it calls, then gives back the one that was set. A backend
 *  that fails in another way is left, too: kernels of wasm run beyond its memory (Pack, CropAndResize). */
async function onReference<T>(
  doubted: readonly string[],
  body: () => Promise<T>,
): Promise<{ value: T; by: string }> {
  // A model without weights has not asked for a backend yet.
  await tf.ready()
  const before = tf.getBackend()
  const lacking = doubted.map((name) => `(${name} gives other numbers)`)
  try {
    for (const { name, load } of BACKENDS) {
      if (doubted.includes(name)) continue
      await load().catch(() => undefined)
      if (tf.findBackendFactory(name) === null || !(await tf.setBackend(name))) continue
      try {
        const value = await body()
        return { value, by: [`tfjs ${name}`, ...lacking].join(' ') }
      } catch (error) {
        const problem = problemOf(error)
        if (name === BACKENDS.at(-1)?.name) throw unrunnable(error, problem)
        const kernel = LACKS.exec(problem)?.[1]
        lacking.push(
          kernel === undefined ? `(${name}: ${problem})` : `(${name} lacks the kernel '${kernel}')`,
        )
      }
    }
    throw new Error('tfjs has no backend')
  } finally {
    await tf.setBackend(before)
  }
}

/** What can be recorded need not run: tfjs frees a tensor too early that a layer is given twice. */
const unrunnable = (cause: unknown, problem: string): RoentgenError =>
  cause instanceof RoentgenError
    ? cause
    : new RoentgenError(
        'ROE_MODEL_FORMAT',
        { where: 'the model', problem: `tfjs cannot run it (${problem}), so nothing can be compared` },
        { cause },
      )

/** tfjs's words. */
const LACKS = /Kernel '(.+?)' not registered for backend/

async function runTfjs(fn: RecordedFunction, feed: Feed): Promise<Computed[]> {
  // An output may be a weight, which is not ours to dispose.
  const outputs = tf.tidy(() => [fn(tensorsOf(feed))].flat().map((tensor) => tf.clone(tensor)))
  try {
    const values = await Promise.all(outputs.map((tensor) => tensor.data()))
    return outputs.map(({ shape }, i) => ({ shape, data: numbersOf(values[i]!) }))
  } finally {
    tf.dispose(outputs)
  }
}

/** The values of a feed as tensors; films of bytes are int32 to tfjs. */
const tensorsOf = (feed: Feed): tf.Tensor[] =>
  feed.map(([, { data, shape, dtype }]) =>
    tf.tensor(
      dtype === 'uint8' ? Int32Array.from(data) : data,
      [...shape],
      dtype === 'float32' ? 'float32' : 'int32',
    ),
  )

const numbersOf = (data: ArrayLike<number>): Computed['data'] =>
  data instanceof Float32Array ? data : Float64Array.from(data, Number)
