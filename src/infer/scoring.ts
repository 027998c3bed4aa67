/** What is computed of the models of a pass besides running them: ensemble, mirror images, thresholds. Results depend on
 *  all of it, so it stands in the header of a run as it is here. Opens nothing. */
import type { Tap } from '../../converters/onnx/tap.ts'
import { RoentgenError } from '../../errors.ts'
import { chooseBatch } from './batch.ts'
import type { RowLayout } from './layout.ts'
import type { ModelFile } from './model-file.ts'
import { namesOf } from './model-names.ts'
import type { FeaturesFormat } from './run/files.ts'
import type { ScoringFacts } from './run/header.ts'

/** What is asked for besides the models. */
export interface Wishes {
  /** One result a film: the mean of the models' probabilities. */
  ensemble?: 'mean' | undefined
  /** Each film and its mirror image, averaged. */
  tta?: 'flip' | undefined
  /** Of models with a sigmoid: probabilities from which on a film has a label. A number is for all labels that are not
   *  named. What is not said the model's metadata say, else DEFAULT_THRESHOLD. */
  thresholds?: { all?: number; of?: ReadonlyMap<string, number> } | undefined
  /** Values of inside (taps.ts), for each model; what is wanted of them. */
  taps?: readonly (readonly Tap[])[] | undefined
  logits?: boolean | undefined
  /** Embeddings, of one model: its last tap. */
  features?: FeaturesFormat | undefined
}

export const DEFAULT_THRESHOLD = 0.5

/** One of the models. */
export interface Member {
  name: string
  labels: readonly string[]
  activation: 'softmax' | 'sigmoid'
  /** In the order of the labels; null for a softmax, of which one label excludes the others. */
  thresholds: readonly number[] | null
  taps: readonly Tap[]
}

export interface Scoring {
  members: readonly Member[]
  ensemble: 'mean' | null
  tta: 'flip' | null
  /** Whether the first tap of each model is what stands before its activation. */
  logits: boolean
  /** Whether the last tap of the model gives embeddings, and how they are written. */
  features: FeaturesFormat | null
}

/** @throws ROE_OPTION for models that make no ensemble, thresholds of labels that there are not, a model twice */
export function planScoring(models: readonly ModelFile[], wishes: Wishes = {}): Scoring {
  const names = namesOf(models.map(({ path }) => path))
  const members = models.map((model, i) => ({
    name: names[i]!,
    labels: model.labels,
    activation: model.activation,
    thresholds: thresholdsOf(model, wishes.thresholds ?? {}),
    taps: wishes.taps?.[i] ?? [],
  }))
  refuseUnknownLabels(members, wishes.thresholds ?? {})
  if (wishes.ensemble !== undefined) refuseUnequal(members)
  const { ensemble = null, tta = null, logits = false, features = null } = wishes
  return { members, ensemble, tta, logits, features }
}

/** What the header of a run says of it. */
export const factsOf = ({ members, ensemble, tta, logits, features }: Scoring): ScoringFacts => ({
  ensemble,
  tta,
  logits,
  features,
  taps: members.map(({ taps }) => taps.map((tap) => ({ ...tap }))),
  thresholds: members.map(({ thresholds }) => thresholds && [...thresholds]),
})

/** What the rows of a pass hold. */
export function layoutOf({ members, ensemble, logits }: Scoring): RowLayout {
  const models = members.map(({ name, labels, activation }) => ({ name, labels, activation }))
  const single = models.slice(0, 1).map((model) => ({ ...model, name: '' }))
  const isOne = ensemble !== null || members.length === 1
  return { models: isOne ? single : models, logits, spread: ensemble !== null }
}

/** Films a batch, for all of them.
 *  @throws ROE_OPTION when they fix different ones, or another than is asked for */
export function batchOf(models: readonly ModelFile[], asked: number | undefined, usual?: number): number {
  const fixed = [...new Set(models.flatMap(({ batch }) => batch ?? []))]
  if (fixed.length <= 1) return chooseBatch(fixed[0] ?? null, asked, usual)
  const received = `models that fix batches of ${fixed.join(' and ')}`
  throw new RoentgenError('ROE_OPTION', { where: '-m', expected: 'models of one batch', received })
}

function thresholdsOf(
  { activation, labels, thresholds }: ModelFile,
  { all, of }: NonNullable<Wishes['thresholds']>,
): readonly number[] | null {
  if (activation === 'softmax') return null
  return labels.map((label, i) => of?.get(label) ?? all ?? thresholds?.[i] ?? DEFAULT_THRESHOLD)
}

function refuseUnknownLabels(members: readonly Member[], wished: NonNullable<Wishes['thresholds']>): void {
  const labels = members.flatMap((member) => (member.thresholds === null ? [] : member.labels))
  const unknown = [...(wished.of?.keys() ?? [])].find((label) => !labels.includes(label))
  const isAsked = wished.all !== undefined || (wished.of?.size ?? 0) > 0
  if (unknown === undefined && (labels.length > 0 || !isAsked)) return
  const expected =
    labels.length === 0
      ? 'a model whose labels do not exclude each other (activation sigmoid)'
      : `a label of the model (${[...new Set(labels)].join(', ')})`
  throw new RoentgenError('ROE_OPTION', {
    where: '--threshold',
    expected,
    received: labels.length === 0 ? 'a softmax' : (unknown ?? ''),
  })
}

/** What members of an ensemble must have in common, as a user reads it. */
const COMMON: readonly [what: string, of: (member: Member) => string][] = [
  ['labels', ({ labels }) => labels.join(', ')],
  ['activation', ({ activation }) => activation],
  ['thresholds', ({ thresholds }) => thresholds?.join(', ') ?? 'none'],
]

function refuseUnequal([first, ...others]: readonly Member[]): void {
  const refuse = (expected: string, received: string) =>
    new RoentgenError('ROE_OPTION', { where: '--ensemble', expected, received })
  if (first === undefined || others.length === 0)
    throw refuse('two models or more (-m a.onnx -m b.onnx)', 'one')
  for (const [what, of] of COMMON) {
    const other = others.find((member) => of(member) !== of(first))
    if (other === undefined) continue
    const received = `${first.name} with ${of(first)}, ${other.name} with ${of(other)}`
    throw refuse(`models of the same ${what}, in the same order`, received)
  }
}
