/** `roentgen explain`: where a model looks, as pictures and as a table. */
import { join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { openInputs } from '../data/inputs/inputs.ts'
import { readLabelled } from '../data/manifest.ts'
import { explainFilms, type FilmToExplain, refuseTaken } from '../explain/explain.ts'
import { type ModelFile, openModelFile } from '../infer/model-file.ts'
import { realOf } from '../infer/run/apart.ts'
import { aloneIn, LOCK } from './alone.ts'
import { command } from './command.ts'
import { progress } from './progress.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('films', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: "folders, films, or quoted patterns such as 'films/**/*.png'",
      })
      .option('data', {
        type: 'string',
        describe: 'labelled films instead: a folder for each class, or a CSV: path,label',
      })
      .option('model', {
        alias: 'm',
        type: 'string',
        demandOption: true,
        describe: 'ONNX model with activation maps: of train --head gap, or convert --cam',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        demandOption: true,
        describe: 'folder for grid.png, films/, maxima.csv and maxima.json; not there yet, or empty',
      })
      .option('class', {
        type: 'string',
        describe: "the label whose maps are shown [each film's most probable]",
      })
      .option('json', { type: 'boolean', default: false, describe: 'maxima.json on stdout, too' })
      .example('$0 explain films -m run/model.onnx -o maps', 'each film under its map')
      .example('$0 explain --data films/test -m run/model.onnx -o maps', 'with what they really show'),
  async run({ films: words, data, model: path, out, class: label, json }) {
    const model = await openModelFile(path)
    const { rows, notes } = await aloneIn(out, async () => {
      await refuseTaken(out, LOCK)
      const { films, count, notes } = await filmsOf(words, data, out, model)
      const { update, end } = progress(count, 'films')
      const rows = await explainFilms({ model, films, count, label, out, onFilm: update }).finally(end)
      return { rows, notes: notes() }
    })
    const failed = rows.filter(({ status }) => status === 'failed')
    for (const note of notes) process.stderr.write(`note: ${note}\n`)
    for (const { reason } of failed) process.stderr.write(`${reason}\n`)
    process.stderr.write(
      `${join(out, 'grid.png')}: ${rows.length - failed.length} films, ${failed.length} failed\nResearch use only, not for diagnosis.\n`,
    )
    if (json) process.stdout.write(`${JSON.stringify({ films: rows }, null, 2)}\n`)
    return failed.length > 0 ? 3 : 0
  },
})

interface Films {
  films: Iterable<FilmToExplain> | AsyncIterable<FilmToExplain>
  count: number
  /** What the user should know about them, when all were listed. */
  notes: () => readonly string[]
}

/** Exactly one of the two ways. */
async function filmsOf(
  words: readonly string[],
  data: string | undefined,
  out: string,
  model: ModelFile,
): Promise<Films> {
  if (words.length > 0 === (data !== undefined)) {
    const problem = 'name folders, films or patterns, or give --data: one of the two'
    throw new RoentgenError('ROE_USAGE', { where: 'roentgen explain', problem })
  }
  return data === undefined ? unlabelled(words, out) : labelled(data, model)
}

async function unlabelled(words: readonly string[], out: string): Promise<Films> {
  const own = `${await realOf(out)}/`
  const inputs = await openInputs(words, { leaveOut: (real) => real.startsWith(own) })
  async function* films(): AsyncGenerator<FilmToExplain> {
    for await (const { path, name } of inputs.films()) yield { path, name, label: null }
  }
  return { films: films(), count: (await inputs.count())?.films ?? 0, notes: inputs.notes }
}

async function labelled(data: string, { labels: expected }: ModelFile): Promise<Films> {
  const { films, labels, notes } = await readLabelled(data)
  const missing = labels.filter((label) => !expected.includes(label))
  if (missing.length > 0) throw new RoentgenError('ROE_LABELS_DIFFER', { where: data, missing, expected })
  const named = films.map(({ path, label }) => ({ path, name: path, label }))
  return { films: named, count: named.length, notes: () => notes }
}
