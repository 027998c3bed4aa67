/** From labelled films to a model file that explains itself: split, features, head, export, proof. */
import { createHash } from 'node:crypto'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { Parity } from '../../converters/index.ts'
import { requireBoth } from '../data/findings.ts'
import type { LabelledSet } from '../data/labelled.ts'
import type { Preprocessing } from '../image/film.ts'
import { answerOfPlan } from './answer.ts'
import type { Engine } from './engines/engine.ts'
import { type EngineChoice, openEngine, thenClose } from './engines/engines.ts'
import { paceTeller, validationBeside } from './engines/pace.ts'
import { TENSORFLOW } from './engines/tensorflow.ts'
import { type ExportFacts, exportModel } from './export.ts'
import type { FeatureFilm } from './features.ts'
import { Checkpoint, type CheckpointOptions } from './fit/checkpoint.ts'
import { requireLabels } from './fit/class-weights.ts'
import type { EpochFigures, FitOptions } from './fit.ts'
import { type FitOnFilmsOptions, fitOnFilms } from './fit-on-films.ts'
import { buildNetwork, type Network } from './network.ts'
import { digestOf, type Prepared, prepare } from './prepare.ts'
import { preprocessingOf, settingsOf, type TrainingPlan } from './recipes.ts'
import { writeTfjs } from './write-tfjs.ts'

export interface TrainingOptions extends FitOnFilmsOptions {
  /** Path of the ONNX file. */
  model: string
  /** Folder of the same network for tfjs; none unless given. */
  tfjs?: string
  /** What trains; plain JavaScript unless given. */
  engine?: EngineChoice
  /** What was drawn before, of data that several trainings share: then nothing is read or drawn here. */
  drawn?: Drawn
  /** Of what the result depends on; they go into the model. */
  versions: Readonly<Record<string, string | null>>
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
  if (plan.multiLabel !== undefined) requireBoth(data)
  requireLabels(plan.classWeights, data.labels)
  const checkpoint = options.checkpoint === undefined ? null : await Checkpoint.open(options.checkpoint)
  // Before the films are read: wrong weights are told at once.
  const network = await networkFor(data, plan)
  return trainNetwork(network, data, plan, options, checkpoint).finally(network.dispose)
}

/** Whether a plan has a network: it is built, and given back.
 *  @throws ROE_OPTION for weights of classes that there are not; ROE_WEIGHTS_*, ROE_BACKBONE */
export async function tryNetwork(data: LabelledSet, plan: TrainingPlan): Promise<void> {
  requireLabels(plan.classWeights, data.labels)
  const network = await networkFor(data, plan)
  network.dispose()
}

async function networkFor(data: LabelledSet, plan: TrainingPlan): Promise<Network> {
  tf.enableProdMode()
  await tf.setBackend('cpu')
  const { activation } = answerOfPlan(plan)
  return buildNetwork({ ...plan, classes: data.labels.length, activation })
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
    // Of folds that were drawn together they are told once.
    if (options.drawn === undefined) for (const { error } of prepared.failures) note(error.message)
    note(
      `network: ${plan.backbone}, ${parameters.total} parameters, ${parameters.trainable} to train${frozenText(network, plan)}`,
    )
    for (const line of passedOver) note(line)
    note(`engine: ${engine.name} ${engine.version}, ${engine.device}`)
    const pace = paceTeller(TENSORFLOW, note, { beside: besideSteps(prepared) })
    const onStep = engine.name === 'cpu' ? both(pace, options.onStep) : options.onStep
    const told = { ...options, ...(onStep === undefined ? {} : { onStep }) }
    // Where the weights lie is not what they are: those are compared themselves.
    const { weights: _, headWeights: __, ...settings } = settingsOf(plan)
    const facts = {
      plan: settings,
      data: { digest: digestOf(prepared.films), order: orderOf(prepared.films), labels: prepared.labels },
      engine: { name: engine.name, version: engine.version, device: engine.device },
      preprocessing,
      versions,
    }
    const keeping = { checkpoint, facts, together: options.drawn?.together }
    return { prepared, ...(await fitOnFilms(prepared, plan, network, preprocessing, told, keeping)) }
  }
  const { prepared, fitted, expected } = await thenClose(engine, prepareAndFit, note)
  const dataDigest = digestOf(prepared.films)
  const facts = { ...prepared, plan, preprocessing, dataDigest, versions: withEngine(versions, engine) }
  const parity = await exportModel(network, options.model, facts, expected, note)
  if (options.tfjs !== undefined) await writeTfjs(network.model, options.tfjs, inTfjs(facts))
  return { ...prepared, ...fitted, engine, parameters, preprocessing, dataDigest, parity }
}

/** What the folder for tfjs says of itself; `scaling` is how bytes become what the network takes. */
const inTfjs = ({ labels, preprocessing, plan }: ExportFacts) => ({
  labels,
  preprocessing,
  scaling: plan.scaling,
  use: 'research only, not for diagnosis',
})

/** Films have an order by their names, in which epochs are drawn: the same films under other names train otherwise. */
const orderOf = (films: Prepared['films']): string =>
  createHash('sha256')
    .update(films.map(({ sha256 }) => sha256).join())
    .digest('hex')

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
