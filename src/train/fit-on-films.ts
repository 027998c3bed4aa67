/** Trains a network on films: its frozen part's features, then the fit behind the cut, from where an earlier one stood. */
import { createHash } from 'node:crypto'
import type { Preprocessing } from '../image/film.ts'
import { answerNameOf, truthOf } from './answer.ts'
import { examplesOf, openFrozenPart } from './examples.ts'
import type { FeatureFilm, FeatureSource } from './features.ts'
import type { Truth } from './fit/answers.ts'
import type { Checkpoint, FitFacts } from './fit/checkpoint.ts'
import { classWeightsOf } from './fit/class-weights.ts'
import type { OptimizerSettings } from './fit/optimizers.ts'
import { readAll, weightsOf } from './fit/state.ts'
import { type FitOptions, type Fitted, fitRest, predictRest } from './fit.ts'
import type { Network } from './network.ts'
import type { Prepared } from './prepare.ts'
import type { TrainingPlan } from './recipes.ts'

export interface FitOnFilmsOptions extends Pick<FitOptions, 'onEpoch' | 'onStep'> {
  /** Folder for features; files of earlier runs in it are deleted. */
  cache: string
  /** Receives a line at each step. */
  note: (line: string) => void
  /** Told while augmented copies go through the frozen part: films so far, each copy counted, of how many. */
  onFilms?: FeatureSource['onFilms']
}

/** @param facts  all that the result depends on, besides the network's weights
 *  @param together  all films of several trainings, where these are some of them
 *  @returns the history, and what the trained part says of the validation films */
export async function fitOnFilms(
  prepared: Prepared,
  plan: TrainingPlan,
  network: Network,
  preprocessing: Preprocessing,
  { cache, note, onFilms, onEpoch, onStep }: FitOnFilmsOptions,
  {
    checkpoint,
    facts,
    together,
  }: { checkpoint: Checkpoint | null; facts: FitFacts; together: readonly FeatureFilm[] | undefined },
): Promise<{ fitted: Fitted; expected: Float32Array }> {
  const { films, labels } = prepared
  const source = await openFrozenPart(network, preprocessing, { folder: cache, onFilms })
  try {
    const of = { ...facts, frozen: source.model, begin: await digestOfWeights(network) }
    const from = checkpoint?.stateOf(of) ?? null
    if (from !== null) note(`goes on behind epoch ${from.standing.history.length}, from ${checkpoint?.path}`)
    const examples = await examplesOf(prepared, plan, source, { together, note })
    const fitted = await fitRest(network.rest, {
      ...examples,
      answer: answerNameOf(plan),
      classes: labels.length,
      epochs: plan.epochs,
      batch: plan.batch,
      optimizer: optimizerOf(plan),
      loss: labels.length === 2 ? plan.loss : 'categorical',
      seed: plan.seed,
      from,
      ...asked(
        plan,
        labels,
        films.filter(({ split }) => split === 'train').map((film) => truthOf(film, labels)),
      ),
      ...(checkpoint === null ? {} : { keepState: (state) => checkpoint.keep(of, state) }),
      ...(onEpoch === undefined ? {} : { onEpoch }),
      ...(onStep === undefined ? {} : { onStep }),
    })
    return { fitted, expected: await predictRest(network.rest, examples.validation, plan.batch) }
  } finally {
    await source.session.close()
  }
}

/** What the user asked for besides the recipe. @param truths  of each training film */
const asked = (
  { watch, classWeights, labelSmoothing, multiLabel }: TrainingPlan,
  labels: readonly string[],
  truths: readonly Truth[],
): Pick<FitOptions, 'watch' | 'classWeights' | 'labelSmoothing'> => ({
  ...(watch === undefined ? {} : { watch }),
  ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  ...(classWeights === undefined
    ? {}
    : { classWeights: classWeightsOf(classWeights, answerNameOf({ multiLabel }), labels, truths) }),
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
