/** The films of a training as examples: what the frozen part makes of them and of their copies, computed where it is not on
 *  disk, and read by their places. */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { encodeModel, record, rewrite } from '../../converters/index.ts'
import type { Preprocessing } from '../image/film.ts'
import { sizeText } from '../infer/disk.ts'
import type { TrainingFilm } from '../infer/model-file.ts'
import { openSession } from '../infer/session.ts'
import { truthOf } from './answer.ts'
import {
  type Copy,
  dropOtherFeatures,
  FEATURE_BATCH,
  type FeatureFilm,
  type FeatureSource,
  featuresOf,
  keepFeatures,
  type Lacking,
  lackingFeatures,
} from './features.ts'
import type { Examples } from './fit.ts'
import type { Network } from './network.ts'
import type { Prepared } from './prepare.ts'
import type { TrainingPlan } from './recipes.ts'

/** The frozen part as a model of its own, and where its features are kept; its session is to be closed.
 *  @param folder  of the cache */
export async function openFrozenPart(
  network: Network,
  preprocessing: Preprocessing,
  { folder, onFilms }: { folder: string; onFilms: FeatureSource['onFilms'] | undefined },
): Promise<FeatureSource> {
  const graph = await rewrite(
    await record(network.frozen, {
      inputs: [network.input],
      outputs: ['features'],
      layers: network.model.layers,
    }),
  )
  const bytes = encodeModel(graph)
  return {
    session: await openSession(bytes, { batch: FEATURE_BATCH }, 'the frozen part'),
    model: createHash('sha256').update(bytes).digest('hex'),
    preprocessing,
    featureCount: network.featureCount,
    folder,
    ...(onFilms === undefined ? {} : { onFilms }),
  }
}

interface ExampleOptions {
  /** All films of several trainings, where these are some of them: features are computed for all at once. */
  together: readonly FeatureFilm[] | undefined
  note: (line: string) => void
}

/** Computes the features that are not on disk, and deletes those of other runs.
 *  @returns the examples of each epoch, from 0, and those that validate
 *  @throws what `keepFeatures` and `featuresOf` throw */
export async function examplesOf(
  { films, labels }: Prepared,
  plan: TrainingPlan,
  source: FeatureSource,
  { together, note }: ExampleOptions,
): Promise<{ training: (epoch: number) => Promise<Examples>; validation: Examples }> {
  const training = films.filter(({ split }) => split === 'train')
  const held = films.filter(({ split }) => split === 'validation')
  const copies = copiesOf(plan)
  const sets =
    together === undefined
      ? [
          { films: held, copies: [null] },
          { films: training, copies },
        ]
      : [{ films: together, copies: [...new Set([null, ...copies])] }]
  await dropOtherFeatures(sets, source)
  const lacking = await lackingFeatures(sets, source)
  note(describeFeatures(source, plan, lacking))
  await keepFeatures(lacking, source)
  const examples = async (some: readonly TrainingFilm[], copy: Copy): Promise<Examples> => ({
    features: await rowsOf(some, copy, source, together),
    truths: some.map((film) => truthOf(film, labels)),
  })
  return {
    training: (epoch) => examples(training, copies[epoch % copies.length]!),
    validation: await examples(held, null),
  }
}

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
  { featureCount }: FeatureSource,
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
