/** Ten steps of Adam and SGD through whole backbones (all layers trained, the smallest films they take), each engine beside
 *  plain JavaScript, which needs most of the time. Prints a row for each and fails where one is more apart than float order explains:
 *  see ten-steps/compare.ts. Run: node dist/scripts/check-ten-steps.js [NAME…] [--engine tensorflow|webgpu] [--optimizer adam|sgd] */
import { parseArgs } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { BACKBONES, type BackboneName } from '../models/index.ts'
import { ENGINES, openEngine } from '../src/train/engines/engines.ts'
import type { OptimizerSettings } from '../src/train/fit/optimizers.ts'
import { networkOf } from './ten-steps/step.ts'
import { STEPS, tenSteps } from './ten-steps/ten-steps.ts'

const FILMS = 8
/** As the recipes have them, but for decay. */
const OPTIMIZERS: Readonly<Record<string, OptimizerSettings>> = {
  adam: { name: 'adam', learningRate: 1e-4, decay: 0 },
  sgd: { name: 'sgd', learningRate: 1e-3, momentum: 0.9 },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string', multiple: true },
    optimizer: { type: 'string', multiple: true },
    steps: { type: 'string', default: String(STEPS) },
    alpha: { type: 'string' },
  },
})
const names = (positionals.length > 0 ? positionals : Object.keys(BACKBONES)) as BackboneName[]
const optimizers = values.optimizer ?? Object.keys(OPTIMIZERS)
tf.enableProdMode()
const cells: [number, string][] = [[18, 'backbone'], [5, ''], [11, 'engine'], [19, 'losses apart'], [19, 'ten in a row'], [30, 'worst of the tensors'], [8, 'seen from'], [8, 's']] // biome-ignore format: a row
const print = (row: readonly string[]): void =>
  console.log(row.map((text, i) => text.padEnd(cells[i]![0])).join(' '))
print(cells.map(([, head]) => head))

let [done, failed] = [0, 0]
for (const row of ENGINES.filter(({ name }) => name !== 'cpu' && (values.engine ?? [name]).includes(name))) {
  const there = await row.available(true)
  if (there !== true) {
    console.log(`engine ${row.name} is not tested: ${there}`)
    continue
  }
  const engine = await openEngine(row.name, () => {})
  for (const name of names) for (const optimizer of optimizers) await check(row.name, name, optimizer)
  await engine.close()
}
console.log(`${done} times ten steps, ${failed} differ by more than float order explains`)
process.exitCode = done === 0 || failed > 0 ? 1 : 0

async function check(engine: string, name: BackboneName, optimizer: string): Promise<void> {
  const begun = performance.now()
  await tf.setBackend('cpu')
  const network = networkOf({
    backbone: name,
    ...(values.alpha !== undefined && { alpha: Number(values.alpha) }),
  })
  const settings = OPTIMIZERS[optimizer]!
  const task = { network, settings, films: FILMS }
  const { forced, free, worst, seenFrom, faults } = await tenSteps(task, ['cpu', engine], {
    steps: Number(values.steps),
  })
  network.dispose()
  done++
  if (faults.length > 0) failed++
  const text = ({ apart, noise }: { apart: number; noise: number }) =>
    `${apart.toExponential(1)} (${noise.toExponential(1)})`
  print([
    name,
    optimizer,
    engine,
    text(forced),
    text(free),
    `${worst.ratio.toFixed(1)} ${worst.name}`,
    `${(100 * seenFrom).toPrecision(2)} %`,
    ((performance.now() - begun) / 1000).toFixed(0),
  ])
  for (const fault of faults) console.log(`  more apart than noise explains: ${fault}`)
}
