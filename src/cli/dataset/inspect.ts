/** `roentgen dataset inspect`: what a set of films is made of, and pictures of it. */
import { basename, extname, resolve } from 'node:path'
import { RoentgenError } from '../../../errors.ts'
import { writeWhole } from '../../../whole-file.ts'
import { listFilms } from '../../data/folder.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { readLabelled } from '../../data/manifest.ts'
import { lookAtAll } from '../../dataset/facts.ts'
import { GRIDS, type GridName, gridOf } from '../../dataset/grids.ts'
import { inspectionOf } from '../../dataset/inspect.ts'
import { inspectionText } from '../../dataset/inspect-text.ts'
import { BAR_RULES } from '../../image/film.ts'
import type { Picture } from '../../report/plot.ts'
import { fitsPng, pngOf } from '../../report/png.ts'
import { command } from '../command.ts'
import { progress } from '../progress.ts'
import { requireWhole } from '../require-whole.ts'

const names = Object.keys(GRIDS) as GridName[]

export default command({
  options: (yargs) =>
    yargs
      .positional('data', {
        type: 'string',
        demandOption: true,
        describe: 'a folder for each class, a CSV (path,label,patient,split), or a folder of films',
      })
      .option('grid', { type: 'string', describe: 'a picture of films to write, NAME.png or NAME.svg' })
      .option('show', {
        choices: names,
        describe: `what the picture shows; ${names.map((name) => `${name}: ${GRIDS[name].describe}`).join('; ')} [samples]`,
      })
      .implies('show', 'grid')
      .option('per-class', {
        type: 'number',
        describe: `films of each class in it [${names.map((name) => `${name}: ${GRIDS[name].perClass}`).join(', ')}]`,
      })
      .implies('per-class', 'grid')
      .option('bars', {
        choices: BAR_RULES,
        describe: 'the rule for black bars of --show bars [robust]',
      })
      .implies('bars', 'show')
      .option('seed', { type: 'number', default: 42, describe: 'of the films in the picture' })
      .option('json', { type: 'boolean', default: false, describe: 'JSON on stdout instead of text' })
      .example('$0 dataset inspect films', 'counts, sizes, copies, and what betrays the class')
      .example('$0 dataset inspect films --grid films.png', 'sample films of each class, besides'),
  async run({ data, json, grid, show: given, perClass: givenPerClass, bars, seed: givenSeed }) {
    const show = given ?? 'samples'
    const encode = grid === undefined ? null : encoderOf(grid)
    const perClass = givenPerClass === undefined ? undefined : requireWhole('--per-class', givenPerClass)
    const seed = requireWhole('--seed', givenSeed, 0)
    const set = await readAny(data)
    const { update, end } = progress(set.films.length, 'films')
    const looked = await lookAtAll(set.films, update).finally(end)
    const inspection = inspectionOf(looked, set.labels)
    if (grid !== undefined && encode !== null) {
      await writeWhole(
        grid,
        await encode(await gridOf(set, show, { perClass, rule: bars ?? 'robust', seed })),
      )
      process.stderr.write(`${grid}: ${GRIDS[show].describe}\n`)
    }
    for (const note of set.notes) process.stderr.write(`${note}\n`)
    process.stdout.write(json ? `${JSON.stringify(inspection, null, 2)}\n` : inspectionText(inspection))
    if (looked.facts.length === 0) return 1
    return looked.failures.length > 0 ? 3 : 0
  },
})

const ENCODERS: Readonly<Record<string, (picture: Picture) => Promise<string | Uint8Array>>> = {
  '.png': (picture) => {
    if (fitsPng(picture)) return pngOf(picture)
    const expected = 'fewer films a class, or a name that ends in .svg: a PNG would have too many pixels'
    const received = `a picture of ${picture.width} x ${picture.height}`
    throw new RoentgenError('ROE_OPTION', { where: '--grid', expected, received })
  },
  '.svg': async ({ svg }) => svg,
}

/** @throws ROE_OPTION for a name that is neither */
function encoderOf(file: string) {
  const encode = ENCODERS[extname(file).toLowerCase()]
  if (encode !== undefined) return encode
  const expected = `a name that ends in ${Object.keys(ENCODERS).join(' or ')}`
  throw new RoentgenError('ROE_OPTION', { where: '--grid', expected, received: file })
}

/** Films without classes have the name of their folder as label. */
async function readAny(data: string): Promise<LabelledSet> {
  try {
    return await readLabelled(data)
  } catch (error) {
    if (!(error instanceof RoentgenError) || error.code !== 'ROE_NO_CLASSES') throw error
    const label = basename(resolve(data))
    const films = (await listFilms(data)).map((path) => ({ path, label, patient: null, split: null }))
    return { films, labels: [label], beside: [], notes: [`${data} has no class folders`] }
  }
}
