/** The table of optimizers: Keras' steps, with what each remembers between them in reach, so that a training can be kept
 *  and gone on with. */
import * as tf from '@tensorflow/tfjs-core'

export type OptimizerSettings =
  /** The rate of a step is rate / (1 + decay * steps so far). */
  | { name: 'adam'; learningRate: number; decay: number }
  | { name: 'sgd'; learningRate: number; momentum: number }

export interface OpenOptimizer {
  /** What is remembered between steps, besides how many there were. */
  slots: readonly tf.Variable[]
  /** The rate of a step. @param rate  as the user or a watcher set it   @param step  from 0 */
  rateAt: (rate: number, step: number) => number
  /** Changes the variables by gradients of theirs. @param rate  what `rateAt` gives */
  apply: (gradients: tf.NamedTensorMap, rate: number, step: number) => void
  dispose: () => void
}

type Row<Name> = (
  settings: Extract<OptimizerSettings, { name: Name }>,
  variables: readonly tf.Variable[],
) => OpenOptimizer

const OPTIMIZERS: { [Name in OptimizerSettings['name']]: Row<Name> } = { adam: openAdam, sgd: openSgd }

/** @param variables  what is trained; the optimizer's own are disposed with it */
export const openOptimizer = (
  settings: OptimizerSettings,
  variables: readonly tf.Variable[],
): OpenOptimizer => (OPTIMIZERS[settings.name] as Row<string>)(settings as never, variables)

/** Keras' defaults. */
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }

/** What tfjs' Adam remembers, in fields that it does not show. */
interface AdamFields {
  accBeta1: tf.Variable
  accBeta2: tf.Variable
  accumulatedFirstMoment: { originalName: string; variable: tf.Variable }[]
  accumulatedSecondMoment: { originalName: string; variable: tf.Variable }[]
}

/** tfjs' Adam, each step of it made one of Keras' (S4.4): the rate decays with the steps so far, and epsilon is added to
 *  the root of the second moment before its bias is corrected, not after.
 *  @source Kingma & Ba 2015, arXiv:1412.6980, the end of section 2 ("epsilon hat"); tf_keras' legacy Adam */
function openAdam(
  { learningRate, decay }: { learningRate: number; decay: number },
  variables: readonly tf.Variable[],
): OpenOptimizer {
  const optimizer = tf.train.adam(learningRate, ADAM.beta1, ADAM.beta2, ADAM.epsilon)
  const [first, second] = [zerosLike(variables), zerosLike(variables)]
  // tfjs makes them at the first step; here they are there before, to be filled.
  Object.assign(optimizer, {
    accumulatedFirstMoment: first.map((variable) => ({ originalName: `${variable.name}/m`, variable })),
    accumulatedSecondMoment: second.map((variable) => ({ originalName: `${variable.name}/v`, variable })),
  })
  const { accBeta1, accBeta2 } = optimizer as unknown as AdamFields
  return {
    slots: [accBeta1, accBeta2, ...first, ...second],
    rateAt: (rate, step) => rate / (1 + decay * step),
    apply(gradients, rate, step) {
      Object.assign(optimizer, {
        learningRate: rate,
        epsilon: ADAM.epsilon / Math.sqrt(1 - ADAM.beta2 ** (step + 1)),
      })
      optimizer.applyGradients(variables.map(({ name }) => ({ name, tensor: gradients[name]! })))
    },
    dispose: () => optimizer.dispose(),
  }
}

/** Stochastic gradient descent with momentum. Not tfjs' own: that one multiplies what it remembers by the rate of today,
 *  Keras the gradients by the rate that they were seen at, which differs once a watcher reduces the rate.
 *  @source tf_keras' SGD: velocity = momentum * velocity - rate * gradient; weight += velocity */
function openSgd({ momentum }: { momentum: number }, variables: readonly tf.Variable[]): OpenOptimizer {
  const velocities = zerosLike(variables)
  return {
    slots: velocities,
    rateAt: (rate) => rate,
    apply(gradients, rate) {
      tf.tidy(() => {
        for (const [i, variable] of variables.entries()) {
          const gradient = gradients[variable.name]
          if (gradient === undefined) continue
          const velocity = velocities[i]!
          velocity.assign(tf.sub(tf.mul(velocity, momentum), tf.mul(gradient, rate)))
          variable.assign(tf.add(variable, velocity))
        }
      })
    },
    dispose: () => tf.dispose(velocities),
  }
}

const zerosLike = (variables: readonly tf.Variable[]): tf.Variable[] =>
  variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)))
