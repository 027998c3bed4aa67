/** The networks of a sweep: each is a row of the tables and a folder, and all can be built before the first is trained. */
import { hasCode, RoentgenError } from '../../../errors.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import type { TrainingPlan } from '../../train/recipes.ts'
import { tryNetwork } from '../../train/train.ts'

/** A network that takes part. */
export interface Entry {
  /** Of its row in the tables. */
  name: string
  /** Of its folds and its report. */
  folder: string
  plan: TrainingPlan
  /** The plan in the user's words (into.ts). */
  asGiven: TrainingPlan
}

/** One that takes no part, with why. */
export interface LeftOut {
  name: string
  error: RoentgenError
}

/** A file of weights is one network's. @throws ROE_OPTION where several are to begin with the same */
export function refuseShared(entries: readonly Entry[]): void {
  const given = entries.find(({ asGiven: { weights } }) => weights !== null && weights !== 'imagenet')
  const networks = [...new Set(entries.map(({ plan }) => networkOf(plan)))]
  if (given === undefined || networks.length < 2) return
  throw new RoentgenError('ROE_OPTION', {
    where: '--weights',
    expected: `imagenet (each network's own: roentgen weights fetch) or random, since ${networks.join(', ')} cannot begin with one file`,
    received: given.asGiven.weights!,
  })
}

const networkOf = ({ backbone, alpha }: TrainingPlan): string =>
  alpha === undefined ? backbone : `${backbone} of alpha ${alpha}`

/** Builds each network once, and gives it back.
 *  @returns those that can be built, and those that cannot (ROE_BACKBONE)
 *  @throws the first reason where none can; what else is wrong with one, such as its weights. Both name it */
export async function buildable(
  entries: readonly Entry[],
  data: LabelledSet,
): Promise<{ built: Entry[]; leftOut: LeftOut[] }> {
  const built: Entry[] = []
  const leftOut: LeftOut[] = []
  const tried = new Set<string>()
  for (const entry of entries) {
    const network = partsOf(entry.plan)
    try {
      if (!tried.has(network)) await tryNetwork(data, entry.plan)
      tried.add(network)
      built.push(entry)
    } catch (error) {
      if (!(error instanceof RoentgenError)) throw error
      const { name } = entry
      if (!hasCode(error, 'ROE_BACKBONE')) throw entries.length > 1 ? namedError(name, error) : error
      leftOut.push({ name, error })
    }
  }
  const [first] = leftOut
  if (built.length > 0 || first === undefined) return { built, leftOut }
  throw entries.length > 1 ? namedError(first.name, first.error) : first.error
}

/** What a network is built of, apart from its seed. */
const partsOf = (plan: TrainingPlan): string => {
  const { backbone, alpha, weights, featuresAt, cutoff, head, width, height, classWeights } = plan
  return JSON.stringify({ backbone, alpha, weights, featuresAt, cutoff, head, width, height, classWeights })
}

/** An error that says of which network it is. */
export const namedError = (name: string, { code, data }: RoentgenError): RoentgenError =>
  new RoentgenError(code, { ...data, where: `${name}: ${data.where}` })
