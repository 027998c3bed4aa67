/** `roentgen convert`: models of tfjs and Keras to ONNX files. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_OPSET, OPSETS, type Opset } from '../../converters/graph/at-opset.ts'
import type { LossyWeight } from '../../converters/index.ts'
import { modelName } from '../../converters/read/models/model-name.ts'
import { problemOf, RoentgenError } from '../../errors.ts'
import { KERNELS } from '../image/film.ts'
import { command } from './command.ts'
import type { ConvertedModel } from './convert-one.ts'
import { FILM_OPTIONS, shapeOf } from './film-options.ts'
import { REGISTER } from './register.ts'
import { SAMPLES } from './samples.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('models', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'a tfjs model (folder, json or zip), a Keras .h5 or .keras file; or several',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'the .onnx file; for several models, a folder',
      })
      .option('labels', { type: 'string', describe: 'names of the classes, with commas, in their order' })
      .option('activation', {
        choices: ['softmax', 'sigmoid', 'none'] as const,
        describe: 'what the outputs are: shares of one, probabilities each, or no probabilities',
      })
      .option('scaling', FILM_OPTIONS.scaling)
      .option('fit', { choices: ['stretch', 'pad', 'crop'] as const, describe: 'how a film gets the size' })
      .option('kernel', {
        choices: KERNELS,
        describe: 'how a film is resampled, by the library the model was trained with',
      })
      .option('input', FILM_OPTIONS.input)
      .option('layout', FILM_OPTIONS.layout)
      .option('grey', { ...FILM_OPTIONS.grey, default: false })
      .option('cam', { ...FILM_OPTIONS.cam, default: false })
      .option('shape', FILM_OPTIONS.shape)
      .option('opset', {
        type: 'string',
        choices: OPSETS.map(String),
        default: String(DEFAULT_OPSET),
        describe: "version of ONNX's operators; older programs read lower ones",
      })
      .option('precision', {
        choices: ['fp32', 'fp16'] as const,
        default: 'fp32' as const,
        describe: 'of the weights: fp16 halves the file, and keeps inputs and outputs as they are',
      })
      .option('fp32', {
        type: 'string',
        describe: "what stays in float32 beside the block list of fp16: operators or nodes, 'Conv,head*'",
      })
      .option('register', REGISTER)
      .option('verify', {
        type: 'boolean',
        default: true,
        describe: 'compare with the original; --no-verify: do not',
      })
      .option('samples', {
        type: 'string',
        describe: `more inputs to compare on, beside random ones: ${SAMPLES}`,
      })
      .option('keep', { type: 'boolean', default: false, describe: 'write the file though it differs' })
      .option('verbose', { type: 'boolean', default: false, describe: 'show the graph, a line a node' })
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 convert model.json -o model.onnx', 'as the model is')
      .example(
        '$0 convert covid.h5 -o covid.onnx --scaling tf --activation softmax --fit stretch --kernel pil-bilinear',
        'ready for score',
      ),
  async run(args) {
    const { models, out, json, verify, keep } = args
    if (!verify && args.samples !== undefined)
      throw usage('--samples', 'with --verify', 'with --no-verify, where nothing is compared')
    if (!verify && keep) throw usage('--keep', 'with --verify', 'with --no-verify, where nothing differs')
    if (args.fp32 !== undefined && args.precision !== 'fp16')
      throw usage('--fp32', 'with --precision fp16', `with ${args.precision}`)
    const { convertOne } = await import('./convert-one.ts')
    const settings = {
      ...args,
      opset: Number(args.opset) as Opset,
      fp32: args.fp32?.split(',').map((name) => name.trim()) ?? [],
      labels: args.labels?.split(',').map((label) => label.trim()),
      shape: args.shape === undefined ? undefined : shapeOf(args.shape),
      proof: verify ? (keep ? ('told' as const) : ('required' as const)) : ('none' as const),
      note: (line: string) => void process.stderr.write(`${line}\n`),
    }
    const done: ConvertedModel[] = []
    const failed: { model: string; error: RoentgenError }[] = []
    for (const [model, path] of await outputsOf(models, out)) {
      try {
        if (!/\.onnx$/i.test(path))
          settings.note(`${path}: its name does not end in .onnx, by which others know such files`)
        const converted = await convertOne(model, path, settings)
        done.push(converted)
        settings.note(textOf(converted))
        if (converted.difference !== undefined) failed.push({ model, error: converted.difference })
      } catch (error) {
        if (models.length === 1) throw error
        failed.push({ model, error: known(error, model) })
      }
    }
    for (const { error } of failed) settings.note(error.message)
    if (json)
      process.stdout.write(`${JSON.stringify({ converted: done, failed: failed.map(factsOf) }, null, 2)}\n`)
    else if (models.length > 1) process.stdout.write(tableOf(done, failed))
    if (failed.length === 0) return 0
    return done.some(({ difference }) => difference === undefined) ? 3 : 1
  },
})

const usage = (where: string, expected: string, received: string): RoentgenError =>
  new RoentgenError('ROE_OPTION', { where, expected, received })

const known = (error: unknown, where: string): RoentgenError =>
  error instanceof RoentgenError
    ? error
    : new RoentgenError('ROE_INTERNAL', { where, problem: problemOf(error) }, { cause: error })

const factsOf = ({ model, error }: { model: string; error: RoentgenError }) => {
  const { code, reason, remedy } = error
  return { model, code, reason, remedy }
}

/** Each model with the file that it becomes. @throws ROE_OPTION where two would become one */
async function outputsOf(models: readonly string[], out: string): Promise<[string, string][]> {
  if (out === '') throw usage('-o', 'the name of a file or folder', 'none')
  const isFolder = models.length > 1 || (await isExistingFolder(out))
  if (models.length > 1 && /\.onnx$/i.test(out) && !(await isExistingFolder(out)))
    throw usage('-o', 'a folder, for several models', out)
  if (!isFolder) return [[models[0]!, out]]
  const pairs = models.map((model): [string, string] => [model, join(out, `${modelName(model)}.onnx`)])
  const names = pairs.map(([, path]) => path)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw usage('-o', 'models with different names', `two that become ${twice}`)
  return pairs
}

const isExistingFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

function textOf({ out, format, parameters, nodes, inputs, outputs, lossy, parity }: ConvertedModel): string {
  const proof = parity.flatMap(({ output, maxAbs, maxRel, reference, batches, shapes, saturated }) => [
    `  ${output} differs from ${reference} by at most ${maxAbs.toExponential(1)} (${maxRel.toExponential(1)} of the largest), ${shapes === undefined ? `batch ${batches.join(' and ')}` : `at ${shapes.join(' and ')}`}`,
    ...(saturated
      ? [
          `  ${output} was near 0 or 1 everywhere, which shows little: compare on inputs of use with --samples`,
        ]
      : []),
  ])
  return [
    `${out}: ${format}, ${parameters} parameters, ${nodes} nodes`,
    ...inputs.map((input) => `  takes ${input}`),
    ...outputs.map((output) => `  gives ${output}`),
    ...lossy.map(lossText),
    ...(proof.length === 0 ? ['  not compared with its original (--no-verify)'] : proof),
  ].join('\n')
}

const lossText = ({ name, size, clipped, vanished }: LossyWeight): string =>
  vanished
    ? `  weight ${name}: all ${size} numbers are too small for fp16, and are 0 now`
    : `  weight ${name}: ${clipped} of ${size} numbers are beyond fp16, and are 65504 or -65504 now`

function tableOf(
  done: readonly ConvertedModel[],
  failed: readonly { model: string; error: RoentgenError }[],
): string {
  const rows = [
    ...done
      .filter(({ difference }) => difference === undefined)
      .map(({ model, out, parity }) => [
        model,
        'ok',
        out,
        parity.length === 0 ? 'not compared' : largest(parity),
      ]),
    ...failed.map(({ model, error }) => [model, 'failed', '', error.code]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

const largest = (parity: ConvertedModel['parity']): string =>
  `differs by ${Math.max(...parity.map(({ maxAbs }) => maxAbs)).toExponential(1)}`
