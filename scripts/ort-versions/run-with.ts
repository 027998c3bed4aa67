/** Runs one model with the ONNX Runtime of a folder, on seeded inputs, and prints what it gives: `check-ort-versions.ts`
 *  starts it once for each version, since two versions do not go into one process. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { InferenceSession, Tensor } from '../../converters/onnx/onnxruntime.ts'
import '../../converters/onnx/no-telemetry.ts'
import { seededRandom } from '../../random.ts'

interface Ort {
  InferenceSession: typeof InferenceSession
  Tensor: typeof Tensor
}

const [, , folder = '', model = '', inputs = '[]'] = process.argv
const ort = createRequire(join(folder, 'package.json'))('onnxruntime-node') as Ort
const session = await ort.InferenceSession.create(model, { executionProviders: ['cpu'], logSeverityLevel: 4 })
const feeds: Record<string, Tensor> = {}
for (const [i, text] of (JSON.parse(inputs) as string[]).entries()) {
  // As `convert --json` writes it: `film uint8 [N, 224, 224, 3]`.
  const [, name = '', dtype = '', sizes = ''] = /^(.*) (\w+) \[(.*)\]$/.exec(text) ?? []
  const dims = sizes.split(', ').map((size) => (size === 'N' ? 2 : Number(size)))
  const random = seededRandom(i + 1)
  const length = dims.reduce((product, size) => product * size, 1)
  const values = Array.from({ length }, () =>
    dtype === 'float32' ? random() * 2 - 1 : Math.floor(random() * 256),
  )
  const Typed = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array }[dtype]!
  feeds[name] = new ort.Tensor(dtype as 'float32', Typed.from(values) as Float32Array, dims)
}
const outputs = await session.run(feeds)
const values = Object.entries(outputs).map(([name, { data }]) => [
  name,
  Array.from(data as Float32Array, Number),
])
process.stdout.write(JSON.stringify(Object.fromEntries(values)))
