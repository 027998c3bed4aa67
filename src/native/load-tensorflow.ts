/** tfjs' backend `tensorflow` in this process, from a native part or from tfjs-node of npm, with what it lacks. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'

const require = createRequire(import.meta.url)

/** What TensorFlow says of itself. */
export interface Tensorflow {
  version: string
  device: 'cpu' | 'GPU'
}

interface Binding {
  TF_Version: string
}
interface NodeBackend extends tf.KernelBackend {
  binding: Binding
  isUsingGpuDevice: boolean
}

/** Registers the backend; which one is set stays as it is. Loaded once in a process, whatever is asked for again.
 *  @param folder  of `findNative`   @throws Error of the dynamic linker, where the library does not fit this machine */
export async function loadTensorflow(folder: string): Promise<Tensorflow> {
  if (tf.findBackendFactory('tensorflow') === null) {
    // TensorFlow greets on stderr, and warns of what nobody here can change.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
    restoreUtil()
    addMethods()
    if (existsSync(join(folder, ADDON))) loadPart(folder)
    else await loadPackage(folder)
    roundWholeNumbers()
  }
  const backend = tf.findBackend('tensorflow') as NodeBackend
  const { binding, isUsingGpuDevice } = backend
  return { version: binding.TF_Version, device: isUsingGpuDevice ? 'GPU' : 'cpu' }
}

/** Of a part of ours; npm's package has its own elsewhere. */
const ADDON = 'lib/tfjs_binding.node'

/** It is never the default: who wants it sets it. */
const PRIORITY = 0

function loadPart(folder: string): void {
  Object.assign(globalThis, { [Symbol.for('roentgen.tfjs')]: require('@tensorflow/tfjs-core') })
  const binding = require(join(folder, ADDON)) as Binding
  const { NodeJSKernelBackend } = require(join(folder, 'dist/nodejs_kernel_backend.js')) as {
    NodeJSKernelBackend: new (binding: Binding, name: string) => NodeBackend
  }
  require(join(folder, 'dist/register_all_kernels.js'))
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, 'roentgen'), PRIORITY)
}

/** tfjs-node sets itself when it is loaded. */
async function loadPackage(folder: string): Promise<void> {
  const before = tf.engine().backendName
  require(folder)
  if (before !== undefined && before !== '') await tf.setBackend(before)
}

/** Node 23 dropped what tfjs-node calls, and Node 22 warns of it (tensorflow/tfjs#8425). */
function restoreUtil(): void {
  const util = require('node:util') as Record<string, unknown>
  util.isArray = Array.isArray
  util.isNullOrUndefined = (value: unknown): boolean => value === null || value === undefined
}

/** Its kernels of Prelu, Exp, ArgMax and ArgMin call these on tensors; tfjs-core alone does not give them. */
const METHODS: Readonly<Record<string, (x: tf.Tensor, y: tf.Tensor | number) => tf.Tensor>> = {
  add: (x, y) => tf.add(x, y),
  sub: (x, y) => tf.sub(x, y),
  mul: (x, y) => tf.mul(x, y),
  toFloat: (x) => tf.cast(x, 'float32'),
  toInt: (x) => tf.cast(x, 'int32'),
}

function addMethods(): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>
  for (const [name, method] of Object.entries(METHODS))
    prototype[name] ??= function (this: tf.Tensor, other: tf.Tensor | number) {
      return method(this, other)
    }
}

/** TensorFlow has no `Round` of whole numbers from 2.17 on, and gives zeros. */
function roundWholeNumbers(): void {
  const kernel = tf.getKernel('Round', 'tensorflow')
  tf.unregisterKernel('Round', 'tensorflow')
  tf.registerKernel({
    ...kernel,
    kernelFunc: (call) => {
      const { x } = call.inputs as { x: tf.TensorInfo }
      return x.dtype === 'int32' ? tf.clone(x as tf.Tensor) : kernel.kernelFunc(call)
    },
  })
}
