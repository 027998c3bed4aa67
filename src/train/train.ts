/** From labelled films to a model file that explains itself: split, features, head, export, proof. */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { convert, encodeModel, type Parity, record, rewrite } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import { findDuplicates } from '../data/duplicates.ts'
import { fingerprintFilms } from '../data/fingerprint.ts'
import type { LabelledFilm, LabelledSet } from '../data/labelled.ts'
import { splitStratified } from '../data/split.ts'
import type { Preprocessing } from '../image/film.ts'
import type { TrainingFilm } from '../infer/model-file.ts'
import { openSession } from '../infer/session.ts'
import { computeFeatures, type FeatureFilm, type FeatureSource, featuresOf } from './features.ts'
import { type EpochFigures, type Examples, fitHead, predictHead } from './fit.ts'
import { buildNetwork, type Network } from './network.ts'
import { preprocessingOf, type Recipe } from './recipes.ts'

/** A recipe with everything decided. */
export interface TrainingPlan extends Recipe {
  recipe: string
  alpha: number | undefined
  /** The layer where the trunk is cut; its end unless given. */
  featuresAt: string | undefined
  /** File or folder of the trunk's weights; null for random ones. */
  weights: string | null
  bars: 'none' | 'hansen' | 'robust'
  seed: number
  /** Augmented copies of the training films, one an epoch in turn; 0 trains on the films as they are. */
  copies: number
}

export interface TrainingResult {
  labels: string[]
  films: TrainingFilm[]
  /** Films that could not be read and were left out. */
  failures: { path: string; error: RoentgenError }[]
  /** Pairs of near-duplicates inside the data; each stays on one side of the split. */
  duplicates: number
  history: EpochFigures[]
  parameters: Network['parameters']
  preprocessing: Preprocessing
  /** sha256 over the films' digests and labels. */
  dataDigest: string
  parity: Parity[]
}

/** Trains and exports; `note` receives a line at each step, `onEpoch` the figures.
 *  @param model  path of the ONNX file   @param cache  folder for features
 *  @throws ROE_SPLIT, ROE_WEIGHTS_*, ROE_BACKBONE, ROE_TRAINING, ROE_PARITY, ROE_WRITE */
export async function train(
  data: LabelledSet,
  plan: TrainingPlan,
  options: {
    model: string
    cache: string
    versions: Readonly<Record<string, string | null>>
    note: (line: string) => void
    onEpoch?: (figures: EpochFigures) => void
  },
): Promise<TrainingResult> {
  const { note } = options
  tf.enableProdMode()
  await tf.setBackend('cpu')
  const prepared = await prepare(data, plan, note)
  const network = await buildNetwork({ ...plan, classes: prepared.labels.length })
  const preprocessing = preprocessingOf(plan, plan.bars)
  note(
    `network: ${plan.backbone}, ${network.parameters.total} parameters, ${network.parameters.trainable} to train`,
  )
  const { history, expected } = await fitOnFeatures(prepared, plan, network, preprocessing, options)
  const dataDigest = digestOf(prepared.films)
  const metadata = metadataOf({ ...prepared, plan, preprocessing, dataDigest, versions: options.versions })
  const { parity } = await convert(network.whole, options.model, {
    inputs: [network.input],
    outputs: ['probabilities'],
    layers: network.layers,
    metadata,
  })
  await proveOnFilms(
    options.model,
    prepared.films.filter(({ split }) => split === 'validation'),
    preprocessing,
    expected,
  )
  return { ...prepared, history, parameters: network.parameters, preprocessing, dataDigest, parity }
}

interface Prepared {
  labels: string[]
  films: TrainingFilm[]
  failures: TrainingResult['failures']
  duplicates: number
}

/** Fingerprints every film, keeps copies together, and draws the split. */
async function prepare(
  data: LabelledSet,
  plan: TrainingPlan,
  note: (line: string) => void,
): Promise<Prepared> {
  const { prints, failures } = await fingerprintFilms(data.films.map(({ path }) => path))
  const printOf = new Map(prints.map((print) => [print.path, print]))
  const readable = data.films.filter(({ path }) => printOf.has(path))
  const { pairs, groupOf } = findDuplicates(prints)
  const { train: kept, held } = splitStratified(readable, {
    share: plan.validation,
    seed: plan.seed,
    groups: groupOf,
  })
  const withPrint = (split: TrainingFilm['split']) => (film: LabelledFilm) => ({
    ...(printOf.get(film.path) ?? assert.fail('a film without a fingerprint')),
    label: film.label,
    split,
  })
  note(
    `films: ${kept.length} to train, ${held.length} to validate, ${failures.length} unreadable; ${pairs.length} pairs of copies`,
  )
  return {
    labels: data.labels,
    films: [...kept.map(withPrint('train')), ...held.map(withPrint('validation'))],
    failures,
    duplicates: pairs.length,
  }
}

/** @returns the history, and what the head says of the validation films */
async function fitOnFeatures(
  { films, labels }: Prepared,
  plan: TrainingPlan,
  network: Network,
  preprocessing: Preprocessing,
  {
    cache,
    note,
    onEpoch,
  }: { cache: string; note: (line: string) => void; onEpoch?: (figures: EpochFigures) => void },
): Promise<{ history: EpochFigures[]; expected: Float32Array }> {
  const source = await featureSource(network, preprocessing, cache)
  try {
    const [training, held] = (['train', 'validation'] as const).map((side) =>
      films.filter(({ split }) => split === side),
    )
    const examples = async (some: readonly TrainingFilm[], copy: number | null): Promise<Examples> => ({
      features: await featuresOf(
        some,
        copy === null ? null : { augmentation: plan.augmentation, seed: plan.seed * 1000 + copy },
        source,
      ),
      classes: some.map(({ label }) => labels.indexOf(label)),
    })
    note(
      `features: ${network.featureCount} a film, of ${plan.copies === 0 ? 'the films as they are' : `${plan.copies} augmented copies`} (K = ${plan.copies})`,
    )
    const validation = await examples(held!, null)
    const history = await fitHead(network.head, {
      classes: labels.length,
      epochs: plan.epochs,
      batch: plan.batch,
      learningRate: plan.learningRate,
      decay: plan.decay === 'none' ? 0 : plan.learningRate / plan.epochs,
      seed: plan.seed,
      training: (epoch) => examples(training!, plan.copies === 0 ? null : epoch % plan.copies),
      validation,
      ...(onEpoch === undefined ? {} : { onEpoch }),
    })
    return { history, expected: predictHead(network.head, validation) }
  } finally {
    await source.session.close()
  }
}

async function featureSource(
  network: Network,
  preprocessing: Preprocessing,
  folder: string,
): Promise<FeatureSource> {
  const graph = rewrite(
    await record(network.frozen, { inputs: [network.input], outputs: ['features'], layers: network.layers }),
  )
  const bytes = encodeModel(graph)
  const session = await openSession(bytes, {}, 'the frozen part')
  const model = createHash('sha256').update(bytes).digest('hex')
  return { session, model, preprocessing, featureCount: network.featureCount, folder }
}

/** Largest difference of a probability between the head on features and the exported whole on the same films. */
const FILM_TOLERANCE = 1e-4

/** The exported model must say of the validation films what training saw: this binds features, head and export. */
async function proveOnFilms(
  model: string,
  films: readonly FeatureFilm[],
  preprocessing: Preprocessing,
  expected: Float32Array,
): Promise<void> {
  const session = await openSession(model)
  try {
    const featureCount = expected.length / films.length
    const actual = await computeFeatures(films, null, { session, preprocessing, featureCount })
    const difference = actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)
    if (difference <= FILM_TOLERANCE) return
    throw new RoentgenError('ROE_PARITY', {
      where: model,
      output: 'probabilities',
      difference,
      tolerance: FILM_TOLERANCE,
    })
  } finally {
    await session.close()
  }
}

const digestOf = (films: readonly TrainingFilm[]): string =>
  createHash('sha256')
    .update(
      films
        .map(({ sha256, label, split }) => `${sha256} ${split} ${label}\n`)
        .sort()
        .join(''),
    )
    .digest('hex')

function metadataOf(
  facts: Prepared & {
    plan: TrainingPlan
    preprocessing: Preprocessing
    dataDigest: string
    versions: object
  },
) {
  const { plan, labels, films, preprocessing, dataDigest, versions } = facts
  const { weights, ...settings } = plan
  const training = { ...settings, weights: weights === null ? 'random' : 'given', dataDigest, versions }
  const json = {
    labels,
    activation: 'softmax',
    preprocessing,
    training,
    films: films.map(({ path, ...film }) => ({ path: basenames(path), ...film })),
  }
  return new Map([
    ['roentgen.version', '1'],
    ['roentgen.kind', 'classifier'],
    ...Object.entries(json).map(([key, value]) => [`roentgen.${key}`, JSON.stringify(value)] as const),
  ])
}

/** A film's class folder and name: enough to find it again, without where the data lie on this machine. */
const basenames = (path: string): string => path.split(/[\\/]/).slice(-2).join('/')
