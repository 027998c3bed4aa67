/** From labelled films to a model file that explains itself: split, features, head, export, proof. */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { encodeModel, type Parity, record, rewrite } from '../../converters/index.ts'
import type { LabelledSet } from '../data/labelled.ts'
import type { Preprocessing } from '../image/film.ts'
import { sizeText } from '../infer/disk.ts'
import type { TrainingFilm } from '../infer/model-file.ts'
import { openSession } from '../infer/session.ts'
import type { Engine } from './engines/engine.ts'
import { type EngineChoice, openEngine, thenClose } from './engines/engines.ts'
import { paceTeller, validationBeside } from './engines/pace.ts'
import { TENSORFLOW } from './engines/tensorflow.ts'
import { exportModel } from './export.ts'
import {
  type Copy,
  dropOtherFeatures,
  type FeatureFilm,
  type FeatureSource,
  featuresOf,
  keepFeatures,
  type Lacking,
  lackingFeatures,
} from './features.ts'
import { Checkpoint, type CheckpointOptions, type FitFacts } from './fit/checkpoint.ts'
import { classWeightsOf, requireLabels } from './fit/class-weights.ts'
import type { OptimizerSettings } from './fit/optimizers.ts'
import { readAll, weightsOf } from './fit/state.ts'
import {
  type EpochFigures,
  type Examples,
  type FitOptions,
  type Fitted,
  fitRest,
  predictRest,
} from './fit.ts'
import { buildNetwork, type Network } from './network.ts'
import { digestOf, type Prepared, prepare } from './prepare.ts'
import { preprocessingOf, settingsOf, type TrainingPlan } from './recipes.ts'

export interface TrainingOptions {
  /** Path of the ONNX file. */
  model: string
  /** Folder for features; files of earlier runs in it are deleted. */
  cache: string
  /** What trains; plain JavaScript unless given. */
  engine?: EngineChoice
  /** What was drawn before, of data that several trainings share: then nothing is read or drawn here. */
  drawn?: Drawn
  /** Of what the result depends on; they go into the model. */
  versions: Readonly<Record<string, string | null>>
  /** Receives a line at each step. */
  note: (line: string) => void
  /** Told while augmented copies go through the frozen part: films so far, each copy counted, of how many. */
  onFilms?: (done: number, of: number) => void
  onEpoch?: (figures: EpochFigures) => void
  /** Told after each step of a training, see `FitOptions`. */
  onStep?: FitOptions['onStep']
  /** Where the training stands after each epoch, to go on from; nothing is kept unless given. It stays when all is done:
   *  what the caller does then may fail, too. */
  checkpoint?: CheckpointOptions
}

interface Drawn {
  prepared: Prepared
  /** All films of all those trainings, the same each time: their features are computed once, and kept in one cache. */
  together: readonly FeatureFilm[]
}

export interface TrainingResult extends Prepared {
  engine: Pick<Engine, 'name' | 'version' | 'device'>
  history: EpochFigures[]
  /** How long each epoch took: the one thing here that is not the same each time. */
  seconds: number[]
  /** The epoch that was exported, from 1. */
  kept: number
  parameters: Network['parameters']
  preprocessing: Preprocessing
  /** sha256 over the films' digests, labels and sides of the split. */
  dataDigest: string
  parity: Parity[]
}

/** Trains and exports. The same films, plan, weights and versions give the same model, byte for byte.
 *  @throws ROE_SPLIT, ROE_WEIGHTS_*, ROE_BACKBONE, ROE_ENGINE, ROE_TRAINING, ROE_PARITY, ROE_WRITE; there is no model
 *  then */
export async function train(
  data: LabelledSet,
  plan: TrainingPlan,
  options: TrainingOptions,
): Promise<TrainingResult> {
  requireLabels(plan.classWeights, data.labels)
  const checkpoint = options.checkpoint === undefined ? null : await Checkpoint.open(options.checkpoint)
  tf.enableProdMode()
  await tf.setBackend('cpu')
  // Before the films are read: wrong weights are told at once.
  const network = await buildNetwork({ ...plan, classes: data.labels.length })
  return trainNetwork(network, data, plan, options, checkpoint).finally(network.dispose)
}

async function trainNetwork(
  network: Network,
  data: LabelledSet,
  plan: TrainingPlan,
  options: TrainingOptions,
  checkpoint: Checkpoint | null,
): Promise<TrainingResult> {
  const { note, versions } = options
  const passedOver: string[] = []
  const engine = await openEngine(options.engine ?? 'cpu', (line) => passedOver.push(line))
  const preprocessing = preprocessingOf(plan)
  const { parameters } = network
  const prepareAndFit = async () => {
    const prepared = options.drawn?.prepared ?? (await prepare(data, plan, preprocessing))
    note(describe(prepared))
    note(
      `network: ${plan.backbone}, ${parameters.total} parameters, ${parameters.trainable} to train${frozenText(network, plan)}`,
    )
    for (const line of passedOver) note(line)
    note(`engine: ${engine.name} ${engine.version}, ${engine.device}`)
    const pace = paceTeller(TENSORFLOW, note, { beside: besideSteps(prepared) })
    const onStep = engine.name === 'cpu' ? both(pace, options.onStep) : options.onStep
    const told = { ...options, ...(onStep === undefined ? {} : { onStep }) }
    // Where the weights lie is not what they are: those are compared themselves.
    const { weights: _, ...settings } = settingsOf(plan)
    const facts = {
      plan: settings,
      data: { digest: digestOf(prepared.films), labels: prepared.labels },
      engine: { name: engine.name, version: engine.version, device: engine.device },
      preprocessing,
      versions,
    }
    const keeping = { checkpoint, facts }
    return { prepared, ...(await fitOnFeatures(prepared, plan, network, preprocessing, told, keeping)) }
  }
  const { prepared, fitted, expected } = await thenClose(engine, prepareAndFit, note)
  const dataDigest = digestOf(prepared.films)
  const facts = { ...prepared, plan, preprocessing, dataDigest, versions: withEngine(versions, engine) }
  const parity = await exportModel(network, options.model, facts, expected)
  return { ...prepared, ...fitted, engine, parameters, preprocessing, dataDigest, parity }
}

/** What validation adds to the time of the steps. */
function besideSteps({ films }: Prepared): number {
  const held = films.filter(({ split }) => split === 'validation').length
  return validationBeside(films.length - held, held)
}

type OnStep = NonNullable<FitOptions['onStep']>

const both =
  (first: OnStep, second: OnStep | undefined): OnStep =>
  async (...told) => {
    await first(...told)
    await second?.(...told)
  }

/** An engine that is no package of ours has a version of its own. */
const withEngine = (versions: TrainingOptions['versions'], { name, version }: Engine) =>
  name === 'cpu' ? versions : { ...versions, [name]: version }

function describe({ films, failures, duplicates }: Prepared): string {
  const held = films.filter(({ split }) => split === 'validation').length
  return `films: ${films.length - held} to train, ${held} to validate, ${failures.length} left out; ${duplicates} pairs of copies`
}

/** Of a cutoff that was asked for. */
const frozenText = ({ trunk }: Network, { cutoff }: TrainingPlan): string =>
  cutoff === undefined ? '' : `; ${trunk.frozen} of ${trunk.layers} layers of the trunk are frozen`

/** @returns the history, and what the trained part says of the validation films */
async function fitOnFeatures(
  { films, labels }: Prepared,
  plan: TrainingPlan,
  network: Network,
  preprocessing: Preprocessing,
  { cache, drawn, note, onFilms, onEpoch, onStep }: TrainingOptions,
  { checkpoint, facts }: { checkpoint: Checkpoint | null; facts: FitFacts },
): Promise<{ fitted: Fitted; expected: Float32Array }> {
  const source: FeatureSource = {
    ...(await frozenPart(network)),
    preprocessing,
    featureCount: network.featureCount,
    folder: cache,
    ...(onFilms === undefined ? {} : { onFilms }),
  }
  const training = films.filter(({ split }) => split === 'train')
  const held = films.filter(({ split }) => split === 'validation')
  const copies = copiesOf(plan)
  const examples = async (some: readonly TrainingFilm[], copy: Copy): Promise<Examples> => ({
    features: await rowsOf(some, copy, source, drawn?.together),
    classes: some.map(({ label }) => labels.indexOf(label)),
  })
  try {
    const sets =
      drawn === undefined
        ? [
            { films: held, copies: [null] },
            { films: training, copies },
          ]
        : [{ films: drawn.together, copies: [...new Set([null, ...copies])] }]
    const of = { ...facts, frozen: source.model, begin: await digestOfWeights(network) }
    const from = checkpoint?.stateOf(of) ?? null
    if (from !== null) note(`goes on behind epoch ${from.standing.history.length}, from ${checkpoint?.path}`)
    await dropOtherFeatures(sets, source)
    const lacking = await lackingFeatures(sets, source)
    note(describeFeatures(network, plan, lacking))
    await keepFeatures(lacking, source)
    const validation = await examples(held, null)
    const fitted = await fitRest(network.rest, {
      classes: labels.length,
      epochs: plan.epochs,
      batch: plan.batch,
      optimizer: optimizerOf(plan),
      loss: labels.length === 2 ? plan.loss : 'categorical',
      seed: plan.seed,
      training: (epoch) => examples(training, copies[epoch % copies.length]!),
      validation,
      from,
      ...asked(plan, labels, training),
      ...(checkpoint === null ? {} : { keepState: (state) => checkpoint.keep(of, state) }),
      ...(onEpoch === undefined ? {} : { onEpoch }),
      ...(onStep === undefined ? {} : { onStep }),
    })
    return { fitted, expected: await predictRest(network.rest, validation, plan.batch) }
  } finally {
    await source.session.close()
  }
}

/** What the user asked for besides the recipe. */
const asked = (
  { watch, classWeights, labelSmoothing }: TrainingPlan,
  labels: readonly string[],
  training: readonly TrainingFilm[],
): Pick<FitOptions, 'watch' | 'classWeights' | 'labelSmoothing'> => ({
  ...(watch === undefined ? {} : { watch }),
  ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  ...(classWeights === undefined
    ? {}
    : {
        classWeights: classWeightsOf(
          classWeights,
          labels,
          training.map(({ label }) => labels.indexOf(label)),
        ),
      }),
})

/** Of the weights that the trained part begins with. */
async function digestOfWeights({ rest }: Network): Promise<string> {
  const hash = createHash('sha256')
  for (const values of await readAll(weightsOf(rest)))
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return hash.digest('hex')
}

/** With the decay of a step. */
const optimizerOf = ({ optimizer, epochs }: TrainingPlan): OptimizerSettings =>
  optimizer.name === 'adam'
    ? { ...optimizer, decay: optimizer.decay === 'none' ? 0 : optimizer.learningRate / epochs }
    : optimizer

/** Features of films by their places among `films`, where they were computed for `together`, of which these are some. */
async function rowsOf(
  films: readonly TrainingFilm[],
  copy: Copy,
  source: FeatureSource,
  together: readonly FeatureFilm[] | undefined,
): Promise<Examples['features']> {
  if (together === undefined) return featuresOf(films, copy, source)
  const places = new Map(together.map(({ path }, place) => [path, place]))
  const placeOf = films.map(({ path }) => places.get(path) ?? assert.fail('a film is among all'))
  const rows = await featuresOf(together, copy, source)
  return (chosen) => rows(chosen.map((i) => placeOf[i]!))
}

/** What is told before the work: it may be long, and it may be large. */
function describeFeatures(
  { featureCount }: Network,
  { copies }: TrainingPlan,
  { sets, bytes }: Lacking,
): string {
  const of = copies === 0 ? 'the films as they are' : 'augmented copies'
  const all = Math.max(1, copies)
  // Where one set has all films, they are in it as they are, too, for those that validate.
  const missing = sets.at(-1)!.copies.filter((copy) => copies === 0 || copy !== null)
  const kept = all - missing.length
  const toWrite = bytes === 0 ? '' : `, ${sizeText(bytes)} to write`
  return `features: ${featureCount} a film, of ${of} (K = ${copies}); ${kept} of ${all} sets from the cache${toWrite}`
}

/** The sets that the epochs train on, in turn: augmented copies, or the films as they are. */
const copiesOf = ({ copies, augmentation, seed }: TrainingPlan): Copy[] =>
  copies === 0 || augmentation === null
    ? [null]
    : Array.from({ length: copies }, (_, copy) => ({ augmentation, seed: seed * 1000 + copy }))

/** The frozen part as a model of its own. */
async function frozenPart(network: Network): Promise<Pick<FeatureSource, 'session' | 'model'>> {
  const graph = await rewrite(
    await record(network.frozen, { inputs: [network.input], outputs: ['features'], layers: network.layers }),
  )
  const bytes = encodeModel(graph)
  const session = await openSession(bytes, {}, 'the frozen part')
  return { session, model: createHash('sha256').update(bytes).digest('hex') }
}
