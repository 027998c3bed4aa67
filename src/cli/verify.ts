/** `roentgen verify`: whether two models give the same. */

import type { Comparison } from '../../converters/compare.ts'
import { TOLERANCES } from '../../converters/difference.ts'
import { RoentgenError } from '../../errors.ts'
import { command } from './command.ts'
import { FILM_OPTIONS, shapeOf } from './film-options.ts'
import { REGISTER } from './register.ts'
import { requireWhole } from './require-whole.ts'
import { readSamples, SAMPLES } from './samples.ts'

const MODEL = 'a tfjs model (folder, json or zip), a Keras .h5 or .keras file, or an .onnx file'

export default command({
  options: (yargs) =>
    yargs
      .positional('a', { type: 'string', demandOption: true, describe: `the reference: ${MODEL}` })
      .positional('b', {
        type: 'string',
        demandOption: true,
        describe: 'what is compared with it: any of these',
      })
      .option('samples', {
        type: 'string',
        describe: `inputs to compare on, in the place of random ones: ${SAMPLES}`,
      })
      .option('seed', { type: 'number', default: 1, describe: 'of random inputs' })
      .option('batch', { type: 'number', describe: 'of random inputs, where it is open [1 and 3]' })
      .option('atol', {
        type: 'number',
        default: TOLERANCES.fp32.absolute,
        describe: `largest difference of an output whose values are at most 1; files of fp16 want ${TOLERANCES.fp16.absolute}`,
      })
      .option('rtol', {
        type: 'number',
        default: TOLERANCES.fp32.relative,
        describe: `largest difference of another, as a share of its largest value; of fp16 ${TOLERANCES.fp16.relative}`,
      })
      .options(FILM_OPTIONS)
      .group(
        Object.keys(FILM_OPTIONS),
        'As for convert, for a model that is no ONNX file [what the ONNX file says]:',
      )
      .option('register', REGISTER)
      .option('json', { type: 'boolean', default: false, describe: 'as JSON' })
      .example('$0 verify model.json model.onnx', 'random inputs, in batches of 1 and 3')
      .example('$0 verify covid.h5 covid.keras --samples films.npy', 'given inputs')
      .example(
        '$0 verify model.h5 other.onnx --scaling unit',
        'a file of another program, which scales itself',
      ),
  async run({ a, b, samples, seed, batch, atol, rtol, register, json, ...args }) {
    const { scaling, input, layout, grey, cam } = args
    const shape = args.shape === undefined ? undefined : shapeOf(args.shape)
    if (batch !== undefined) requireWhole('--batch', batch)
    requireWhole('--seed', seed, 0)
    for (const [where, value] of [
      ['--atol', atol],
      ['--rtol', rtol],
    ] as const)
      if (!(value >= 0))
        throw new RoentgenError('ROE_OPTION', { where, expected: 'a number from 0', received: String(value) })
    const { openSides } = await import('./verify-sides.ts')
    const { compareModels } = await import('../../converters/compare.ts')
    const note = (line: string) => void process.stderr.write(`${line}\n`)
    const { models, notes, stop } = await openSides(
      [a, b],
      { register, scaling, input, layout, grey, cam, shape },
      note,
    )
    try {
      const [first, second] = models
      const compared = await compareModels(first, second, {
        seed,
        batch,
        ...(samples !== undefined && { samples: [await readSamples(samples, first.inputs)] }),
        tolerance: { absolute: atol, relative: rtol },
      })
      const all = { ...compared, notes: [...notes, ...compared.notes] }
      all.notes.forEach(note)
      const formats = [first.format, second.format] as const
      process.stdout.write(json ? jsonOf(a, b, all) : textOf([a, b], formats, all, atol, rtol))
      return compared.outputs.every(({ isWithin }) => isWithin) ? 0 : 1
    } finally {
      stop()
    }
  },
})

const jsonOf = (a: string, b: string, compared: Comparison): string =>
  `${JSON.stringify({ a, b, agree: compared.outputs.every(({ isWithin }) => isWithin), ...compared }, null, 2)}\n`

function textOf(
  paths: readonly [string, string],
  formats: readonly [string, string],
  { outputs, by, batches }: Comparison,
  atol: number,
  rtol: number,
): string {
  const lines = outputs.map(({ names: [name, other], maxAbs, maxRel, sameLargest, isWithin, saturated }) => {
    const labels =
      sameLargest === null
        ? ''
        : `; the largest is the same in ${sameLargest.same} of ${sameLargest.rows} rows`
    const both = name === other ? name : `${name} and ${other}`
    const differ = Number.isNaN(maxAbs)
      ? 'another shape, or no numbers'
      : `differ by at most ${maxAbs.toExponential(1)} (${maxRel.toExponential(1)} of the largest)`
    const little = saturated ? '; it is near 0 or 1 everywhere, which shows little: give --samples' : ''
    return `${isWithin ? 'same  ' : 'DIFFER'} ${both}: ${differ}${labels}${little}`
  })
  const wrong = outputs.filter(({ isWithin }) => !isWithin).length
  return [
    ...paths.map((path, i) => `${path}: ${formats[i]}, computed by ${by[i]}`),
    ...lines,
    `${wrong === 0 ? 'they agree' : `${wrong} of ${outputs.length} outputs differ`}: batch ${batches.join(' and ')}, tolerance ${atol} up to 1, else ${rtol} of the largest`,
    '',
  ].join('\n')
}
