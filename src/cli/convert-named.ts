/** One model, read and converted: what was said of it is checked against what it gives before the file has its name. Loads
 *  tfjs. */
import { basename } from 'node:path'
import { trialShapes } from '../../converters/graph/trial-shapes.ts'
import { convert, type Graph, graphText, type ReadModel } from '../../converters/index.ts'
import { runOnnx } from '../../converters/onnx/runner.ts'
import { RoentgenError } from '../../errors.ts'
import { seededRandom } from '../../random.ts'
import { columnsOf } from './columns.ts'
import { bothClasses, metadataOf, type SaidFacts, type Signature } from './convert-facts.ts'
import type { ConvertedModel, ConvertSettings } from './convert-one.ts'
import type { ReferenceApart } from './convert-reference.ts'
import { openSource, type Source } from './convert-source.ts'
import { readSamples } from './samples.ts'

/** @throws what reading, recording and comparing throw; nothing is left behind then */
export async function convertNamed(
  path: string,
  out: string,
  settings: ConvertSettings,
  reference: ReferenceApart | undefined,
): Promise<ConvertedModel> {
  const source = await openSource(path, settings)
  try {
    return await convertSource(source, path, out, { ...settings, reference })
  } finally {
    source.model.dispose()
  }
}

async function convertSource(
  { model, signature: bare }: Source,
  path: string,
  out: string,
  settings: ConvertSettings & { reference: ReferenceApart | undefined },
): Promise<ConvertedModel> {
  const hasLabels = settings.labels !== undefined || model.labels !== undefined
  const columns = hasLabels ? await columnsOf(bare, model) : undefined
  const { labels, signature, activation } = withLabels(model, bare, columns, path, settings)
  const facts = { ...settings, labels, activation }
  const source = { format: model.format, file: basename(path), scaling: settings.scaling ?? null }
  const { run, inputs, outputs } = signature
  const reference = settings.reference?.of(signature !== bare)
  const given = settings.samples === undefined ? [] : [await readSamples(settings.samples, inputs)]
  const { graph, lossy, parity, difference } = await convert(run, out, {
    inputs,
    outputs,
    layers: model.layers,
    names: model.names,
    metadata: metadataOf(facts, signature, source),
    proof: settings.proof,
    samples: given,
    opset: settings.opset,
    precision: settings.precision,
    fp32: settings.fp32,
    onGraph: (graph) => settings.verbose && settings.note(graphText(graph)),
    ...(reference !== undefined && { reference }),
    check: async (unproven, written) => {
      if (labels !== undefined) await checkActivation(unproven, written, signature, activation)
    },
  })
  return { ...summary(model, graph), model: path, out, lossy, parity, difference }
}

/** Names of the classes: those that were given, else those that lie beside the model, said aloud. */
function withLabels(
  model: ReadModel,
  signature: Signature,
  columns: number | undefined,
  path: string,
  { labels: given, activation, note }: ConvertSettings,
): { labels: readonly string[] | undefined; signature: Signature; activation: SaidFacts['activation'] } {
  const isPair = columns === 1 && activation === 'sigmoid' && given?.length === 2
  if (isPair) {
    note(`${path}: its one output is the probability of '${given[1]}'; the file gives both classes`)
    return {
      labels: given,
      activation: 'softmax',
      signature: { ...signature, run: bothClasses(signature.run) },
    }
  }
  if (given !== undefined && given.length !== columns)
    throw new RoentgenError('ROE_OPTION', {
      where: '--labels',
      expected: expectedLabels(columns),
      received: `${given.length}`,
    })
  const { labels: beside } = model
  if (given !== undefined || beside === undefined) return { labels: given, signature, activation }
  const fits = beside.names.length === columns
  note(
    `${path}: labels ${beside.names.join(', ')}, out of ${beside.file}${fits ? '' : ', are left out: the model gives another number of classes'}`,
  )
  return { labels: fits ? beside.names : undefined, signature, activation }
}

const expectedLabels = (columns: number | undefined): string => {
  if (columns === undefined) return 'a model with one output of classes'
  return columns === 1 ? '2 names and --activation sigmoid, for a model with one output' : `${columns} names`
}

/** Probabilities of classes that exclude each other add up to one; the sum of fp32 numbers by less than this. */
const SUM_TOLERANCE = 1e-3

/** @throws ROE_OPTION where the outputs are not what --activation calls them */
async function checkActivation(
  model: string,
  graph: Graph,
  { inputs, outputs }: Signature,
  activation: SaidFacts['activation'],
): Promise<void> {
  if (activation === undefined || activation === 'none') return
  const random = seededRandom(1)
  const [shapes] = trialShapes(graph)
  const feed = inputs.map(({ name, dtype }, i) => {
    const known = shapes![i]!
    const length = known.reduce((product, size) => product * size, 1)
    const bytes = Uint8Array.from({ length }, () => random() * 256)
    const data =
      dtype === 'uint8'
        ? bytes
        : dtype === 'int32'
          ? Int32Array.from(bytes)
          : Float32Array.from(bytes, (v) => v / 127.5 - 1)
    return [name, { dtype, shape: known, data }] as const
  })
  const [results] = await runOnnx(model, [feed])
  const values = [...(results?.get(outputs[0]!)?.data ?? [])]
  const rows = shapes![0]![0] ?? 1
  const sum = values.reduce((a, b) => a + b, 0) / rows
  const areShares = values.every((value) => value >= 0 && value <= 1 + SUM_TOLERANCE)
  if (areShares && (activation === 'sigmoid' || Math.abs(sum - 1) <= SUM_TOLERANCE)) return
  throw new RoentgenError('ROE_OPTION', {
    where: '--activation',
    expected: areShares ? 'sigmoid' : 'none',
    received: `${activation}, but the model's outputs ${areShares ? `add up to ${sum.toFixed(3)}` : 'are not between 0 and 1'}`,
  })
}

function summary(
  model: ReadModel,
  graph: Graph,
): Omit<ConvertedModel, 'model' | 'out' | 'lossy' | 'parity' | 'difference'> {
  const text = (name: string): string => {
    const { dtype, shape } = graph.types.get(name)!
    return `${name} ${dtype} [${shape.join(', ')}]`
  }
  return {
    format: model.format,
    parameters: model.parameters,
    nodes: graph.nodes.length,
    inputs: graph.inputs.map(text),
    outputs: graph.outputs.map(text),
  }
}
