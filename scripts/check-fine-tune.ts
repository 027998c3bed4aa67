/** Must hold (issue 13): the shape of fine-tuning that S3 has, on a narrow MobileNet and the films of seed003, on the engine
 *  `tensorflow`: the recipe gap-vgg16 with the whole trunk frozen, then its last two blocks trained with the head, which
 *  begins where it ended. Fails where the mean accuracy on the films without a copy in train is below the bar or below the
 *  frozen head's, or both trainings together take too long.
 *  Example: node dist/scripts/check-fine-tune.js --seeds 1,2,3   (from the repository; ../shared beside it, and
 *  `roentgen native install tensorflow` before) */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { COPIES, line, mean, type Trained, trainAndEvaluate } from './seed003/train-and-evaluate.ts'

const LEAST = 0.85
/** The epoch is chosen by the loss on films that are held out of train. */
const BOTH = ['--augment-copies', '20', '--keep', 'best']
/** The rate was chosen among 3e-3, 1e-3, 3e-4 and 1e-4 by the held-out films of the seeds 11 and 12, with and without
 *  frozen BatchNormalizations: where their averages move, the features move away from what the head has learnt. A block of
 *  MobileNet has six layers. */
const STEPS = {
  frozen: ['--cutoff', 'all', '--epochs', '60'],
  'last blocks': ['--cutoff=-12', '--freeze-batch-norm', '--epochs', '30', '--learning-rate', '0.0001'],
} as const
/** Both may take so many seconds on two cores. */
const MOST_SECONDS = 600

interface Run extends Trained {
  shape: keyof typeof STEPS
  seed: number
}

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1,2,3' } } })
const folder = mkdtempSync(join(tmpdir(), 'roentgen-fine-tune-'))
try {
  const runs: Run[] = []
  for (const seed of values.seeds.split(',').map(Number)) {
    const folderOf = (shape: Run['shape']): string => join(folder, `${shape}-${seed}`)
    for (const [shape, own] of Object.entries(STEPS) as [Run['shape'], readonly string[]][]) {
      const head = shape === 'frozen' ? [] : ['--head-weights', join(folderOf('frozen'), 'tfjs')]
      const how = ['--recipe', 'gap-vgg16', '--engine', 'tensorflow', '--seed', String(seed)]
      const done = trainAndEvaluate([...how, ...BOTH, ...own, ...head], folderOf(shape))
      const { all, clean, copies, trainSeconds } = done
      if (runs.length === 0)
        line('trained', 'seed', `all ${all.of}`, `clean ${clean.of}`, 'copies', 'seconds')
      line(shape, seed, all.value.toFixed(3), clean.value.toFixed(3), copies, trainSeconds.toFixed(0))
      runs.push({ ...done, shape, seed })
    }
  }
  const meanOf = (shape: Run['shape']): number =>
    mean(runs.filter((run) => run.shape === shape).map(({ clean }) => clean.value))
  const [tuned, frozen] = [meanOf('last blocks'), meanOf('frozen')]
  process.stdout.write(`means ${tuned.toFixed(3)} and ${frozen.toFixed(3)}, at least ${LEAST}\n`)
  const failures = [
    ...(tuned < LEAST ? [`mean accuracy ${tuned.toFixed(3)}`] : []),
    ...(tuned < frozen ? [`below the frozen head's ${frozen.toFixed(3)}`] : []),
    ...runs.flatMap(({ shape, seed, copies, trainSeconds }) => [
      ...(copies === COPIES ? [] : [`${shape}, seed ${seed}: ${copies} copies found, not ${COPIES}`]),
      ...(trainSeconds < MOST_SECONDS / 2 ? [] : [`${shape}, seed ${seed}: ${trainSeconds.toFixed(0)} s`]),
    ]),
  ]
  for (const failure of failures) process.stderr.write(`FAILED: ${failure}\n`)
  process.exitCode = failures.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
