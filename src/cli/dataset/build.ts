/** `roentgen dataset build`: a published set from covid-chestxray's metadata.csv and folders of other films. */
import { RoentgenError } from '../../../errors.ts'
import { type Built, type BuiltClass, buildSet } from '../../dataset/build.ts'
import { publishedSet, SETS, type SetName } from '../../dataset/sets.ts'
import { command } from '../command.ts'
import { requireWhole } from '../require-whole.ts'
import { PLACING, placed } from './placing.ts'

const NAMES = Object.keys(SETS) as SetName[]

export default command({
  options: (yargs) =>
    yargs
      .option('set', {
        choices: NAMES,
        demandOption: true,
        describe: `the published set; ${NAMES.map((name) => `${name}: ${SETS[name].describe}`).join('; ')}`,
      })
      .option('metadata', {
        type: 'string',
        demandOption: true,
        describe: 'metadata.csv of ieee8023/covid-chestxray-dataset',
      })
      .option('films', {
        type: 'string',
        demandOption: true,
        describe: 'folder with the films that it names, at any depth',
      })
      .option('normal', {
        type: 'string',
        describe: "folder of normal films (the Kaggle pneumonia set's NORMAL, RSNA's)",
      })
      .option('normal-info', {
        type: 'string',
        describe: "RSNA's stage_2_detailed_class_info.csv: its films of class Normal, in its order [by name]",
      })
      .option('pneumonia', { type: 'string', describe: 'folder of pneumonia films' })
      .option('count', {
        type: 'string',
        describe: 'films of a class, e.g. covid=25,normal=25 [as the text has it]',
      })
      .option('seed', { type: 'number', default: 42, describe: 'of what is sampled' })
      .options(PLACING)
      .example(
        '$0 dataset build --set rosebrock --metadata metadata.csv --films images --normal NORMAL -o set',
        'then train --data set/manifest.csv',
      ),
  async run({ out, set, metadata, films, normal, normalInfo, pneumonia, count, json, ...given }) {
    const built = await buildSet(out, {
      set,
      metadata,
      films,
      folders: {
        ...(normal === undefined ? {} : { normal }),
        ...(pneumonia === undefined ? {} : { pneumonia }),
      },
      normalInfo,
      counts: countsOf(count, set),
      seed: requireWhole('--seed', given.seed, 0),
      ...(await placed(given)),
    })
    for (const note of built.notes) process.stderr.write(`${note}\n`)
    process.stdout.write(json ? `${JSON.stringify(built, null, 2)}\n` : textOf(built, out))
    return built.classes.some(({ leftOut }) => (leftOut['cannot be read'] ?? 0) > 0) ? 3 : 0
  },
})

/** `covid=25,normal=25`. @throws ROE_OPTION for what is not written so, or a label that the set does not have */
function countsOf(text: string | undefined, set: SetName): Record<string, number> {
  const labels = publishedSet(set).classes.map(({ label }) => label)
  const counts: Record<string, number> = {}
  for (const part of text?.split(',') ?? []) {
    const [, label = '', count = ''] = /^(.+)=(\d+)$/.exec(part.trim()) ?? []
    if (!labels.includes(label)) {
      const expected = `counts of the classes ${labels.join(', ')}, such as ${labels[0]}=25`
      throw new RoentgenError('ROE_OPTION', { where: '--count', expected, received: part })
    }
    counts[label] = requireWhole('--count', Number(count))
  }
  return counts
}

function textOf({ set, source, classes, linked }: Built, out: string): string {
  const films = classes.reduce((sum, { films: count }) => sum + count, 0)
  const lines = [
    `${out}: ${set} (${source}), ${films} films, ${linked ? 'linked' : 'copied'}`,
    ...classes.flatMap(classLines),
    `manifest.csv names them, left-out.csv the others, each with its reason`,
  ]
  return `${lines.join('\n')}\n`
}

const classLines = ({ label, films, published, looked, patients, leftOut }: BuiltClass): string[] => [
  `${label}: ${films} films of ${looked} looked at, ${patients === null ? 'patients not known' : `${patients} patients known`}; the text has ${published}`,
  ...Object.entries(leftOut)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${String(count).padStart(8)} ${reason}`),
]
