/** onnxruntime-node, silenced first. Loading this file fails where it has no binary for the machine; by `require`, since
 *  Node 20 ends the process when a CommonJS package that is imported throws, whoever catches that. */
import './no-telemetry.ts'
import { createRequire } from 'node:module'
import type * as Ort from 'onnxruntime-node'
import type { Runtime } from './onnxruntime.ts'

export type { InferenceSession, Tensor } from 'onnxruntime-node'

const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof Ort
const { env } = ort

// ONNX Runtime tells every error twice: it throws it, and writes it on stderr.
env.logLevel = 'fatal'

export const runtime: Runtime = {
  version: env.versions.node ?? 'unknown',
  by: null,
  providers: ort.listSupportedBackends().map(({ name }) => name),
  Tensor: ort.Tensor,
  logErrors: () => {
    env.logLevel = 'error'
  },
  open: (model, options) => ort.InferenceSession.create(model as string, options),
}
