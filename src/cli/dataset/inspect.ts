/** `roentgen dataset inspect`: what a set of films is made of, and pictures of it. */
import { basename, resolve } from 'node:path'
import { RoentgenError } from '../../../errors.ts'
import { listFilms } from '../../data/folder.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { readLabelled } from '../../data/manifest.ts'
import { lookAtAll } from '../../dataset/facts.ts'
import { inspectionOf } from '../../dataset/inspect.ts'
import { inspectionText } from '../../dataset/inspect-text.ts'
import { command } from '../command.ts'
import { progress } from '../progress.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('data', {
        type: 'string',
        demandOption: true,
        describe: 'a folder for each class, a CSV (path,label,patient,split), or a folder of films',
      })
      .option('json', { type: 'boolean', default: false, describe: 'JSON on stdout instead of text' })
      .example('$0 dataset inspect films', 'counts, sizes, copies, and what betrays the class'),
  async run({ data, json }) {
    const set = await readAny(data)
    const { update, end } = progress(set.films.length, 'films')
    const looked = await lookAtAll(set.films, update).finally(end)
    const inspection = inspectionOf(looked, set.labels)
    for (const note of set.notes) process.stderr.write(`${note}\n`)
    process.stdout.write(json ? `${JSON.stringify(inspection, null, 2)}\n` : inspectionText(inspection))
    return looked.failures.length > 0 ? 3 : 0
  },
})

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
