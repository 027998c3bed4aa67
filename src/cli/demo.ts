/** `roentgen demo`: the whole chain on made-up films, by the very functions of the other commands, with nothing but what
 *  npm installs: films, training, ONNX, scores, evaluation, and a control with labels that say nothing. */
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { deriveSeed } from '../../random.ts'
import { writeWhole } from '../../whole-file.ts'
import { listFilms } from '../data/folder.ts'
import { factsOf } from '../data/inputs/inputs.ts'
import type { LabelledSet } from '../data/labelled.ts'
import { readLabelled } from '../data/manifest.ts'
import { PHANTOM_POSITIVE } from '../dataset/synth.ts'
import type { Area } from '../evaluate/auc.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { evaluateModel } from '../evaluate/from-model.ts'
import { writeEvaluation } from '../evaluate/write.ts'
import { openModelFile } from '../infer/model-file.ts'
import { scoreToFile } from '../infer/score.ts'
import { RESEARCH_ONLY } from '../report/page.ts'
import { RECIPES, type TrainingPlan } from '../train/recipes.ts'
import type { TrainingResult } from '../train/train.ts'
import { command } from './command.ts'
import { type Aucs, assertAucs, MUST_BE } from './demo/asserted.ts'
import { writeFilms } from './demo/films.ts'
import { takeFolder } from './demo/own-folder.ts'
import { demoPage } from './demo/report.ts'
import { shuffleLabels } from './demo/shuffle.ts'
import { progress } from './progress.ts'
import { requireWhole } from './require-whole.ts'
import { trainInto } from './train/into.ts'

/** The published recipe, made small: a random trunk needs no weights to download, and its first two blocks on a small
 *  film suffice for what is made up. See ARCHITECTURE.md for what else was tried. */
const PLAN = {
  ...RECIPES['rosebrock-vgg16'],
  recipe: 'rosebrock-vgg16',
  alpha: undefined,
  weights: null,
  featuresAt: 'block2_pool',
  cutoff: undefined,
  head: 'flatten',
  width: 32,
  height: 32,
  epochs: 15,
  batch: 32,
  optimizer: { ...RECIPES['rosebrock-vgg16'].optimizer, learningRate: 3e-3 },
  copies: 0,
} as const satisfies Omit<TrainingPlan, 'seed'>

/** Trainings with shuffled labels. The AUC of one has a standard deviation of 0.08, that of the mean of three 0.045. */
const CONTROLS = 3

const LEAST_FILMS = 40

export default command({
  options: (yargs) =>
    yargs
      .option('out', {
        alias: 'o',
        type: 'string',
        default: 'demo',
        describe: 'folder of films, run, scores and report; an earlier demo in it is written over',
      })
      .option('seed', { type: 'number', default: 1, describe: 'of films, split, weights and order' })
      .option('films', {
        type: 'number',
        default: 400,
        describe: `films to train on, from ${LEAST_FILMS}; half as many to test; few may miss what is asserted`,
      })
      .example('$0 demo', 'everything, in ./demo'),
  async run({ out, seed: givenSeed, films: givenFilms }) {
    const seed = requireWhole('--seed', givenSeed, 0)
    const films = requireWhole('--films', givenFilms, LEAST_FILMS)
    await takeFolder(out, { seed, films })
    const places = placesOf(out)
    const plan = { ...PLAN, seed }
    await makeFilms(places, seed, films)
    const data = await readLabelled(places.train)
    step(2, 'train on them and convert to ONNX')
    const training = await trainHere(places.run, data, plan, places.train)
    step(3, 'score the test films')
    await scoreTest(places)
    step(4, 'evaluate the scores')
    const evaluation = await evaluate(places.model, places.test)
    await writeEvaluation(join(places.report, 'evaluation'), evaluation)
    step(5, `the same with shuffled labels, ${CONTROLS} times, as a control`)
    const controls: Evaluation[] = []
    for (let i = 1; i <= CONTROLS; i++) controls.push(await runControl(places, data, plan, i))
    step(6, 'write the report')
    const aucs = { true: aucOf(evaluation), shuffled: meanOf(controls.map((control) => aucOf(control))) }
    const page = join(places.report, 'index.html')
    const figures = figuresOf(evaluation, controls, aucs.shuffled)
    const again = againWith(places, plan)
    await writeWhole(page, await demoPage({ seed, training, evaluation, figures, again, next: NEXT }))
    assertAucs(out, aucs)
    process.stdout.write(summary(aucs, evaluation, page))
    return 0
  },
})

const STEPS = 6
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const step = (number: number, what: string): void => say(`${number}/${STEPS} ${what}`)

interface Places {
  train: string
  test: string
  run: string
  model: string
  control: string
  scores: string
  report: string
}

const placesOf = (out: string): Places => ({
  train: join(out, 'films', 'train'),
  test: join(out, 'films', 'test'),
  run: join(out, 'run'),
  model: join(out, 'run', 'model.onnx'),
  control: join(out, 'control'),
  scores: join(out, 'scores.csv'),
  report: join(out, 'report'),
})

async function makeFilms({ train, test }: Places, seed: number, films: number): Promise<void> {
  const count = { train: films, test: Math.ceil(films / 2) }
  step(1, `make ${count.train} films to train on and ${count.test} to test`)
  let done = 0
  const { update, end } = progress(count.train + count.test, 'films')
  const onFilm = (): void => update(++done)
  await writeFilms(train, { seed, part: 'train', count: count.train, onFilm })
  await writeFilms(test, { seed, part: 'test', count: count.test, onFilm }).finally(end)
}

/** @param source  what run.json says of the data */
async function trainHere(
  folder: string,
  data: LabelledSet,
  plan: TrainingPlan,
  source: string,
): Promise<TrainingResult> {
  const note = (line: string) => say(`    ${line}`)
  return (await trainInto(folder, data, plan, { source, note, weights: null })).result
}

async function scoreTest({ model, test, scores }: Places): Promise<void> {
  const films = await listFilms(test)
  const how = { out: scores, inputs: factsOf([test]), found: 'restart' } as const
  const { ok, failed } = await scoreToFile({ models: [await openModelFile(model)], films, ...how })
  say(`    ${ok} rows in ${scores}, ${failed} failed`)
}

const evaluate = (model: string, data: string): Promise<Evaluation> =>
  evaluateModel({ model, data, positive: PHANTOM_POSITIVE })

/** Trains on labels that say nothing and tests on the true ones. @param number  from 1 */
async function runControl(
  { control, train, test }: Places,
  data: LabelledSet,
  plan: TrainingPlan,
  number: number,
): Promise<Evaluation> {
  const folder = join(control, String(number))
  const shuffled = shuffleLabels(data, deriveSeed(plan.seed, `control ${number}`))
  say(`  control ${number} of ${CONTROLS}`)
  await trainHere(folder, shuffled, plan, `${train}, labels shuffled`)
  return evaluate(join(folder, 'model.onnx'), test)
}

/** Both classes have test films here, so there is an area. */
function areaOf({ all }: Evaluation): Area {
  const area = all.classes.find(({ label }) => label === PHANTOM_POSITIVE)?.auc
  assert(area != null, 'test films of both classes have an AUC')
  return area
}

const aucOf = (evaluation: Evaluation): number => areaOf(evaluation).value

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Rows of the report: labels, AUC, interval, what is asserted. */
function figuresOf(evaluation: Evaluation, controls: readonly Evaluation[], mean: number): string[][] {
  const row = (name: string, one: Evaluation, mustBe: string): string[] => [
    name,
    aucOf(one).toFixed(3),
    intervalText(areaOf(one)),
    mustBe,
  ]
  return [
    row('true', evaluation, MUST_BE.true),
    ...controls.map((control, i) => row(`shuffled, ${i + 1}`, control, '')),
    ['shuffled, mean', mean.toFixed(3), '', MUST_BE.shuffled],
  ]
}

const intervalText = ({ interval }: Area): string =>
  interval === null ? 'unknown' : `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`

/** What this demo did, by single commands. */
const againWith = (
  { train, test, run, model, scores, report }: Places,
  { featuresAt, head, width, epochs, batch, optimizer, seed }: TrainingPlan,
): string[] => [
  `roentgen train --data ${train} --weights random --features-at ${featuresAt} --head ${head} --size ${width} --epochs ${epochs} --batch ${batch} --learning-rate ${optimizer.learningRate} --no-augment --seed ${seed} -o ${run}`,
  `roentgen score ${test} -m ${model} -o ${scores}`,
  `roentgen evaluate -m ${model} --data ${test} -o ${join(report, 'evaluation')}`,
  `roentgen preview ${join(test, PHANTOM_POSITIVE, 'film0000.png')} -m ${model} -o seen.png`,
]

/** What to run on films of one's own. */
const NEXT = [
  'roentgen train --data FILMS/train --weights WEIGHTS -o run',
  'roentgen score FILMS/new -m run/model.onnx -o scores.csv',
  'roentgen evaluate -m run/model.onnx --data FILMS/test -o report',
]

const summary = (aucs: Aucs, evaluation: Evaluation, page: string): string => `\
Test AUC                       ${aucs.true.toFixed(3)}  (95 % interval ${intervalText(areaOf(evaluation))}, ${evaluation.films} made-up films)
Test AUC with shuffled labels  ${aucs.shuffled.toFixed(3)}  (mean of ${CONTROLS} trainings; 0.5 is guessing)
Report                         ${page}

On films of your own, in a folder for each class below FILMS/train and FILMS/test, with the weights of VGG16
(WEIGHTS: a Keras .h5 file or a tfjs folder; in a clone, write npx before each command):
${NEXT.map((line) => `  ${line}`).join('\n')}

${RESEARCH_ONLY}
`
