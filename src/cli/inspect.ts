/** `roentgen inspect`: what a model is made of. ONNX files are read without a session, others as `convert` reads them, and
 *  backbones of the table are built. */
import { existsSync } from 'node:fs'
import { eitherModel } from '../../converters/either-model.ts'
import { describeTensor } from '../../converters/onnx/header.ts'
import { readBytes } from '../../converters/onnx/read-bytes.ts'
import type { ReadModel } from '../../converters/read/models/model.ts'
import { RoentgenError } from '../../errors.ts'
import type { BackboneName, HeadName } from '../../models/index.ts'
import { command } from './command.ts'
import type { BackboneWishes, Training } from './inspect-backbone.ts'
import { REGISTER } from './register.ts'

/** What is shown, for every kind of model. */
interface Inspection {
  file: string
  format: string
  parameters: number
  /** Multiply-accumulates for one input; null where a size is open, or they are not known. */
  macs: number | null
  inputs: Tensor[]
  outputs: Tensor[]
  /** Operators or layer classes, and how many of each, the most frequent first. */
  kinds: [kind: string, count: number][]
  parts: { name: string; type: string; shape?: readonly (number | null)[] | undefined; parameters: number }[]
  metadata: Record<string, string>
  labels: readonly string[] | undefined
  /** Of a backbone. */
  training?: Training
}

interface Tensor {
  name: string
  dtype: string
  /** undefined where it is known only when the model runs. */
  shape: readonly (number | null)[] | undefined
  /** What an ONNX file calls the open dimensions. */
  names?: readonly string[]
}

export default command({
  options: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe:
          'an .onnx file, or what convert reads (a tfjs model, a Keras .h5 or .keras file), or a backbone by its name',
      })
      .option('cutoff', {
        type: 'number',
        describe:
          "layers of the backbone that are not trained, from the input; below 0 as Keras' layers[:N] [0]",
      })
      .option('head', { type: 'string', describe: 'a head on the backbone, as train takes it [none]' })
      .option('classes', { type: 'number', describe: 'outputs of that head [2]' })
      .option('alpha', { type: 'number', describe: 'width of a MobileNet, as a factor [1]' })
      .option('size', { type: 'number', describe: "pixels a side [the backbone's]" })
      .option('parts', { type: 'boolean', default: false, describe: 'list every layer or node' })
      .option('register', REGISTER)
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 inspect run/model.onnx', 'a trained model')
      .example('$0 inspect covid.h5 --parts', 'every layer of a Keras model')
      .example('$0 inspect vgg16 --cutoff -8 --head gap', 'what a cutoff leaves to train of a backbone'),
  async run({ file, parts, json, register, cutoff, head, classes, alpha, size }) {
    if (classes !== undefined && head === undefined)
      throw new RoentgenError('ROE_OPTION', {
        where: '--classes',
        expected: '--head, whose outputs these are',
        received: 'none',
      })
    const wishes = { cutoff, head: head as HeadName | undefined, classes, alpha, size }
    const found =
      (await inspectBackbone(file, wishes)) ??
      (await eitherModel(file, (path) => inspectSource(path, register), inspectOnnx))
    process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : textOf(found, parts))
    return 0
  },
})

/** @returns undefined where the name is no backbone's, or a file has it
 *  @throws ROE_OPTION for wishes that only a backbone can have, ROE_NOT_FOUND for a word that is neither */
async function inspectBackbone(name: string, wishes: BackboneWishes): Promise<Inspection | undefined> {
  const [wish] = Object.entries(wishes).find(([, value]) => value !== undefined) ?? []
  // tfjs takes long to load; an ONNX file does not need it.
  if (wish === undefined && existsSync(name)) return undefined
  await prepareTfjs()
  const { BACKBONES } = await import('../../models/index.ts')
  if (Object.hasOwn(BACKBONES, name) && !existsSync(name)) {
    const { openBackbone } = await import('./inspect-backbone.ts')
    const { model, training } = openBackbone(name as BackboneName, wishes)
    return { ...(await inspectModel(name, model)), training }
  }
  const names = Object.keys(BACKBONES).join(', ')
  if (wish === undefined && /^\w+$/.test(name))
    throw new RoentgenError('ROE_NOT_FOUND', { where: name, kind: `file, folder or backbone (${names})` })
  if (wish === undefined) return undefined
  const expected = `a backbone to go with it (${names})`
  throw new RoentgenError('ROE_OPTION', { where: `--${wish}`, expected, received: name })
}

async function inspectSource(file: string, register: string | undefined): Promise<Inspection> {
  await prepareTfjs()
  const { readModel } = await import('../../converters/read/models/read-model.ts')
  return await inspectModel(file, await readModel(file, { register }))
}

async function prepareTfjs(): Promise<void> {
  const { enableProdMode } = await import('@tensorflow/tfjs-core')
  enableProdMode()
  await import('@tensorflow/tfjs-backend-cpu')
}

async function inspectModel(file: string, model: ReadModel): Promise<Inspection> {
  try {
    const { format, parameters, labels } = model
    // A model's outputs are outputs of its layers; of a GraphModel's nodes the shapes are not known.
    const shapes = new Map(model.parts.map(({ name, shape }) => [name, shape]))
    return {
      file,
      format,
      parameters,
      macs: await macsOfSource(model),
      inputs: model.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      outputs: model.outputs.map((name) => ({ name, dtype: 'float32', shape: shapes.get(name) })),
      kinds: counted(model.parts.map(({ type }) => type)),
      parts: [...model.parts],
      metadata: {},
      labels: labels?.names,
    }
  } finally {
    model.dispose()
  }
}

/** Those of the graph that the model is recorded as; a model that cannot be converted has none. */
async function macsOfSource({ run, inputs, outputs, layers }: ReadModel): Promise<number | null> {
  const { record } = await import('../../converters/record/record.ts')
  const { macsOf } = await import('../../converters/graph/macs.ts')
  return await record(run, { inputs, outputs, layers }).then(
    (graph) => macsOf(graph, graph.types),
    () => null,
  )
}

async function inspectOnnx(file: string): Promise<Inspection> {
  const { readStructure } = await import('../../converters/onnx/structure.ts')
  const { header, nodes, parameters, macs, opset, producer } = readStructure(await readBytes(file), file)
  return {
    file,
    format: `ONNX, opset ${opset}${producer === '' ? '' : `, of ${producer}`}`,
    parameters,
    macs,
    inputs: [...header.inputs],
    outputs: [...header.outputs],
    kinds: counted(nodes.map(({ op }) => op)),
    parts: nodes.map(({ name, op, parameters: own }) => ({ name, type: op, parameters: own })),
    metadata: Object.fromEntries(header.metadata),
    labels: undefined,
  }
}

function counted(kinds: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b, 'en'))
}

/** Longer metadata (the prints of training films) are shown by their beginning; --json has all. */
const LONGEST = 100

function textOf(found: Inspection, withParts: boolean): string {
  const tensor =
    (is: string) =>
    ({ name, dtype, shape, ...names }: Tensor) => [
      is,
      `${name} ${shape === undefined ? dtype : describeTensor({ dtype, shape, ...names })}`,
    ]
  const rows = [
    ['format', found.format],
    ['parameters', String(found.parameters)],
    ['GMACs', found.macs === null ? 'unknown' : `${Number((found.macs / 1e9).toPrecision(4))} for one input`],
    ...found.inputs.map(tensor('input')),
    ...found.outputs.map(tensor('output')),
    ...(found.labels === undefined ? [] : [['labels', found.labels.join(', ')]]),
    ['made of', found.kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')],
    ...(found.training === undefined ? [] : trainingRows(found.training)),
    ...Object.entries(found.metadata).map(([key, value]) => [
      key,
      value.length > LONGEST ? `${value.slice(0, LONGEST)}… (${value.length} characters)` : value,
    ]),
  ]
  const lines = rows.map(([key, value]) => `${key!.padEnd(WIDTH)} ${value}`)
  const parts = withParts ? ['', ...table(found)] : []
  return `${[...lines, ...parts].join('\n')}\n`
}

const WIDTH = 'roentgen.preprocessing'.length

function trainingRows({ frozenLayers, trunkLayers, upTo, ...parameters }: Training): string[][] {
  const upToText = upTo === null ? '' : `, up to ${upTo}`
  return [
    ['cutoff', `${frozenLayers} of ${trunkLayers} layers frozen${upToText}`],
    ['trainable', String(parameters.trainable)],
    ['not trainable', String(parameters.notTrainable)],
  ]
}

/** Layers of a backbone have the numbers that a cutoff counts. */
function table({ parts, training }: Inspection): string[] {
  const rows = parts.map(({ name, type, shape, parameters }, i) => [
    ...(training === undefined ? [] : [String(i)]),
    name,
    type,
    shape === undefined ? '' : `[${shape.map((size, axis) => size ?? (axis === 0 ? 'N' : '?')).join(', ')}]`,
    parameters === 0 ? '' : String(parameters),
    training !== undefined && i < training.frozenLayers ? 'frozen' : '',
  ])
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
