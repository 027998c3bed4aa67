/** The trained network as one model file that explains itself, kept only when it gives on films what training saw. */
import { strict as assert } from 'node:assert'
import { convert, type Parity, type Values } from '../../converters/index.ts'
import { RoentgenError } from '../../errors.ts'
import type { MapSource } from '../../models/index.ts'
import { decodeFilm } from '../image/decode.ts'
import type { Pixels, Preprocessing } from '../image/film.ts'
import { preprocess } from '../image/preprocess.ts'
import { MAPS_OUTPUT, mapsFacts } from '../infer/maps-output.ts'
import type { TrainingFilm } from '../infer/model-file.ts'
import { DEFAULT_THRESHOLD } from '../infer/scoring.ts'
import { openSession } from '../infer/session.ts'
import { answerOfPlan } from './answer.ts'
import { computeFeatures, FEATURE_BATCH, type FeatureFilm } from './features.ts'
import type { Network } from './network.ts'
import { settingsOf, type TrainingPlan } from './recipes.ts'
import { withReference } from './reference.ts'

export interface ExportFacts {
  plan: TrainingPlan
  labels: readonly string[]
  films: readonly TrainingFilm[]
  preprocessing: Preprocessing
  dataDigest: string
  versions: Readonly<Record<string, string | null>>
}

/** Validation films that the export is compared with tfjs on, beside noise. */
const SAMPLES = 3

/** Largest difference of a probability between the head on features and the exported whole on the same films. */
const FILM_TOLERANCE = 1e-4

/** Converts, compares with tfjs and, on the validation films, with what the head said of their features.
 *  @param path      of the ONNX file; it has its name only after both proofs
 *  @param expected  probabilities of the validation films, row-major
 *  @param note  told where TensorFlow, which would compare, is installed and does not work
 *  @throws ROE_PARITY, ROE_WRITE; nothing is left behind, and a file that was there before stays */
export async function exportModel(
  network: Network,
  path: string,
  facts: ExportFacts,
  expected: Float32Array,
  note: (line: string) => void,
): Promise<Parity[]> {
  const held = facts.films.filter(({ split }) => split === 'validation')
  const { maps } = network
  return withReference(network, note, async (reference) => {
    const { parity } = await convert(network.exported, path, {
      samples: [[await filmsAsInput(held.slice(0, SAMPLES), facts.preprocessing)]],
      inputs: [network.input],
      outputs: ['probabilities', ...(maps === null ? [] : [MAPS_OUTPUT])],
      layers: network.model.layers,
      metadata: metadataOf(facts, maps),
      reference,
      check: (unproven) => proveOnFilms(unproven, held, facts.preprocessing, expected),
    })
    return parity
  })
}

/** Films as one batch of the network's input. */
async function filmsAsInput(films: readonly FeatureFilm[], preprocessing: Preprocessing): Promise<Values> {
  const pixels: Pixels[] = []
  for (const { path } of films) pixels.push(preprocess(await decodeFilm(path), preprocessing))
  const { height, width, channels } = pixels[0] ?? assert.fail('a split holds a film of each class')
  const data = new Uint8Array(pixels.length * height * width * channels)
  for (const [i, film] of pixels.entries()) data.set(film.pixels, i * film.pixels.length)
  return { dtype: 'uint8', shape: [pixels.length, height, width, channels], data }
}

/** The exported model must say of the validation films what training saw: this binds features, head and export. */
async function proveOnFilms(
  model: string,
  films: readonly FeatureFilm[],
  preprocessing: Preprocessing,
  expected: Float32Array,
): Promise<void> {
  const session = await openSession(model, { batch: FEATURE_BATCH })
  try {
    const featureCount = expected.length / films.length
    const actual = await computeFeatures(films, { session, preprocessing, featureCount })
    const difference = largestDifference(actual, expected)
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

/** NaN where one of the values is NaN, which is within no tolerance. */
const largestDifference = (actual: Float32Array, expected: Float32Array): number =>
  actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)

function metadataOf(
  { plan, labels, films, preprocessing, dataDigest, versions }: ExportFacts,
  maps: MapSource | null,
) {
  const { activation } = answerOfPlan(plan)
  // What the recipe is said to be is not what was trained, where an option departs from it.
  const { weights, headWeights, ...settings } = settingsOf(plan)
  const json = {
    labels,
    activation,
    ...(activation === 'sigmoid' ? { thresholds: labels.map(() => DEFAULT_THRESHOLD) } : {}),
    preprocessing,
    training: {
      ...settings,
      weights: weights === null ? 'random' : 'given',
      headWeights: headWeights === undefined ? 'random' : 'given',
      ...{ dataDigest, versions },
    },
    films: films.map(({ path, ...film }) => ({ path: classAndName(path), ...film })),
    ...(maps === null ? {} : mapsFacts(maps)),
  }
  return new Map([
    ['roentgen.version', '1'],
    ['roentgen.kind', 'classifier'],
    ...Object.entries(json).map(([key, value]) => [`roentgen.${key}`, JSON.stringify(value)] as const),
  ])
}

/** A film's class folder and name: enough to find it again, without where the data lie on this machine. */
const classAndName = (path: string): string => path.split(/[\\/]/).slice(-2).join('/')
