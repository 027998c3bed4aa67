/** Must hold (issue 13): a 10-fold cross-validation of three small networks on made-up films fills the tables of S1.5, and
 *  their figures agree with themselves and with the scores of all folds, also where the run was killed and went on.
 *  Run: node dist/scripts/check-ten-fold.js [--folds 10] [--films 100] [--epochs 15] [--kills 3] [--seed 1] */
import { parseArgs } from 'node:util'
import { withTemporaryFolder } from '../whole-file.ts'
import { NETWORKS, tenFold } from './folds/ten-fold.ts'

const number = (value: string) => ({ type: 'string', default: value }) as const
const { values } = parseArgs({
  options: {
    folds: number('10'),
    films: number('100'),
    epochs: number('15'),
    kills: number('3'),
    seed: number('1'),
  },
})

await withTemporaryFolder(async (place) => {
  const { folds, films, epochs, kills, seed } = values
  const { text, faults, ...done } = await tenFold({
    folds: Number(folds),
    films: Number(films),
    epochs: Number(epochs),
    kills: Number(kills),
    seed: Number(seed),
    networks: NETWORKS,
    place,
  })
  process.stdout.write(text)
  if (done.kills < Number(kills)) faults.push(`it ended before it could be killed ${kills} times`)
  console.log(`killed ${done.kills} times; ${faults.length} faults`)
  for (const fault of faults) console.log(`  ${fault}`)
  if (faults.length > 0) process.exitCode = 1
})
