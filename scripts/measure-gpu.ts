/** Which providers run a model here, how fast, and how far they are from the cpu: the session alone, on a batch of made-up
 *  films, each provider in a process of its own. Prints a table.
 *  Run: node dist/scripts/measure-gpu.js MODEL [BATCH], where MODEL is an ONNX file of roentgen */
import { difference } from '../converters/difference.ts'
import { loadEngine } from '../converters/onnx/onnxruntime.ts'
import { problemOf, RoentgenError } from '../errors.ts'
import { describeOperators } from '../src/infer/operators.ts'
import { lookAround, missingPart, PROVIDERS } from '../src/infer/providers.ts'
import { type Trial, tryModels } from '../src/infer/trial.ts'

const [model = '', batch = '16'] = process.argv.slice(2)
const films = Number(batch)
const engine = await loadEngine()
const place = lookAround(engine)
console.log(`${engine.name} ${engine.version}, ${place.platform}, ${model}, batch ${films}, fp32, no TF32`)

const onCpu = await run('cpu')
for (const provider of PROVIDERS) console.log(`${provider.name.padEnd(9)} ${await lineOf(provider)}`)

async function run(provider: (typeof PROVIDERS)[number]['name']): Promise<Trial> {
  const [trial] = await tryModels({ provider, models: [model], timed: true, batch: films })
  return trial!
}

async function lineOf(provider: (typeof PROVIDERS)[number]): Promise<string> {
  const missing = missingPart(provider, place)
  if (missing !== null) return missing
  try {
    const { outputs, operators, batchMs } = provider.name === 'cpu' ? onCpu : await run(provider.name)
    const { maxAbs } = difference(outputs.map((output, i) => [onCpu.outputs[i]!, output]))
    const rate = ((1000 * films) / (batchMs ?? Number.NaN)).toFixed(1)
    return `${rate} films a second, ${describeOperators(operators)}, ${maxAbs.toExponential(1)} from the cpu`
  } catch (error) {
    return error instanceof RoentgenError ? error.reason : problemOf(error)
  }
}
