/** Must hold (issue 9): the recipe of S4 on a narrow MobileNet learns the films of seed003. Trains and evaluates with
 *  the real commands, for each seed and head; prints what came out, and fails where a mean accuracy on the films without
 *  a copy in train, the number of copies found, or a time is not as promised.
 *  Example: node dist/scripts/check-rosebrock.js --seeds 1,2,3 [--copies 5]   (from the repository; ../shared beside it;
 *  copies: augmented ones of each film, as many as epochs unless given) */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { COPIES, line, mean, type Trained, trainAndEvaluate } from './seed003/train-and-evaluate.ts'

/** Head → least mean accuracy over the seeds. */
const LEAST = { recipe: 0.76, gap: 0.82 } as const
/** Seconds that training and evaluating may take together on two cores. */
const MOST_SECONDS = 180

interface Run extends Trained {
  head: keyof typeof LEAST
  seed: number
}

/** What is not as promised, one line each. */
function failuresOf(runs: readonly Run[]): string[] {
  const ofRuns = runs.flatMap(({ head, seed, copies, seconds }) => [
    ...(copies === COPIES ? [] : [`head ${head}, seed ${seed}: ${copies} copies found, not ${COPIES}`]),
    ...(seconds < MOST_SECONDS ? [] : [`head ${head}, seed ${seed}: ${seconds.toFixed(0)} s`]),
  ])
  const ofHeads = (Object.keys(LEAST) as Run['head'][]).flatMap((head) => {
    const accuracy = mean(runs.filter((each) => each.head === head).map(({ clean }) => clean.value))
    process.stdout.write(`mean of head ${head}: ${accuracy.toFixed(3)}, at least ${LEAST[head]}\n`)
    return accuracy >= LEAST[head] ? [] : [`head ${head}: mean accuracy ${accuracy.toFixed(3)}`]
  })
  return [...ofRuns, ...ofHeads]
}

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1,2,3' }, copies: { type: 'string' } },
})
const augment = values.copies === undefined ? [] : ['--augment-copies', values.copies]
const folder = mkdtempSync(join(tmpdir(), 'roentgen-rosebrock-'))
try {
  const runs: Run[] = []
  for (const head of Object.keys(LEAST) as Run['head'][])
    for (const seed of values.seeds.split(',').map(Number)) {
      const how = ['--recipe', 'rosebrock-vgg16', '--head', head, '--seed', String(seed), ...augment]
      const done = trainAndEvaluate(how, join(folder, `${head}-${seed}`))
      const { all, clean, copies, seconds } = done
      if (runs.length === 0) line('head', 'seed', `all ${all.of}`, `clean ${clean.of}`, 'copies', 'seconds')
      line(head, seed, all.value.toFixed(3), clean.value.toFixed(3), copies, seconds.toFixed(0))
      runs.push({ ...done, head, seed })
    }
  const failures = failuresOf(runs)
  for (const failure of failures) process.stderr.write(`FAILED: ${failure}\n`)
  process.exitCode = failures.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
