/** `roentgen dataset split`: labelled films into train, test and, if wanted, val. */
import { realpath } from 'node:fs/promises'
import { RoentgenError } from '../../../errors.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { readLabelled } from '../../data/manifest.ts'
import {
  drawParts,
  type Parted,
  partCounts,
  type Shares,
  writeParts,
  writePartsManifest,
} from '../../dataset/split.ts'
import { textTable } from '../../dataset/text-table.ts'
import { requireFree } from '../../dataset/write.ts'
import { plural } from '../../evaluate/number-text.ts'
import { command } from '../command.ts'
import { requireWhole } from '../require-whole.ts'
import { PLACING, placed } from './placing.ts'

export default command({
  options: (yargs) =>
    yargs
      .positional('data', {
        type: 'string',
        demandOption: true,
        describe: 'a folder for each class, or a CSV: path,label,patient',
      })
      .option('test', { type: 'number', default: 0.2, describe: "share of each class's films" })
      .option('val', { type: 'number', default: 0, describe: 'share for a part that validates; 0: none' })
      .option('seed', { type: 'number', default: 42, describe: 'of the draw' })
      .options({
        ...PLACING,
        out: {
          ...PLACING.out,
          describe: `${PLACING.out.describe}; or a file NAME.csv for a manifest alone`,
        },
      })
      .example(
        '$0 dataset split films -o parts',
        'then train --data parts/train.csv, evaluate --data parts/test.csv',
      )
      .example('$0 dataset split films -o films.csv', 'then train --data films.csv, which leaves test out'),
  async run({ data, out, test, val, json, ...given }) {
    const shares = sharesOf(test, val)
    const seed = requireWhole('--seed', given.seed, 0)
    const place = await placed(given)
    const isManifest = out.toLowerCase().endsWith('.csv')
    if (isManifest) await refuseManifest(out, data, place)
    else await requireFree(out)
    const set = await readLabelled(data)
    const parted = await drawParts(set, shares, seed)
    await (isManifest ? writePartsManifest : writeParts)(out, parted, place)
    for (const line of remarksOn(set, parted)) process.stderr.write(`${line}\n`)
    process.stdout.write(json ? `${JSON.stringify(summaryOf(parted), null, 2)}\n` : textOf(parted))
    return parted.failures.length > 0 ? 3 : 0
  },
})

function sharesOf(test: number, val: number): Shares {
  const refuse = (where: string, expected: string, received: number) =>
    new RoentgenError('ROE_OPTION', { where, expected, received: String(received) })
  if (!(test > 0 && test < 1)) throw refuse('--test', 'a share above 0 and below 1', test)
  if (!(val >= 0 && val < 1 - test)) throw refuse('--val', 'a share from 0 that leaves some to train', val)
  return { test, val }
}

/** The manifest that is read may have more columns than the one that is written. */
async function refuseManifest(
  out: string,
  data: string,
  { copy, hashNames }: { copy: boolean; hashNames: boolean },
): Promise<void> {
  const [from, to] = await Promise.all([data, out].map((path) => realpath(path).catch(() => null)))
  if (from !== null && from === to)
    throw new RoentgenError('ROE_OPTION', { where: '-o', expected: 'another file than DATA', received: out })
  if (!copy && !hashNames) return
  const expected = 'a folder with --copy, which a manifest alone is not'
  throw new RoentgenError('ROE_OPTION', { where: '-o', expected, received: 'a .csv' })
}

function remarksOn({ films, beside, notes }: LabelledSet, { failures, copies }: Parted): string[] {
  const known = films.flatMap(({ patient }) => (patient === null ? [] : [patient]))
  return [
    ...notes,
    ...(beside.length === 0 ? [] : [`left out, in no class folder: ${plural(beside.length, 'file')}`]),
    ...(films.some(({ split }) => split !== null) ? ['the split that the films had is drawn anew'] : []),
    known.length === 0
      ? 'patients: not known; films of one patient may stand in two parts'
      : `patients: ${new Set(known).size}, known of ${known.length} of ${films.length} films; each is in one part`,
    `pairs of copies: ${copies}; both films of each are in one part`,
    ...failures.map(({ error }) => error.message),
  ]
}

const summaryOf = (parted: Parted) => ({
  version: 1,
  parts: Object.fromEntries(
    partCounts(parted).map(([part, counts]) => [
      part,
      Object.fromEntries(parted.labels.map((label, i) => [label, counts[i]])),
    ]),
  ),
  pairsOfCopies: parted.copies,
  unusable: parted.failures.map(({ path, error }) => ({ path, code: error.code, reason: error.reason })),
})

function textOf(parted: Parted): string {
  const rows = partCounts(parted).map(([part, counts]) => [
    part,
    ...counts,
    counts.reduce((sum, count) => sum + count, 0),
  ])
  return textTable([['', ...parted.labels, 'films'], ...rows])
}
