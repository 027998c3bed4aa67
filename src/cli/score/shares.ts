/** The shares that a folder of films was given each label, as the first published system prints them (SEEDS.md, S0.7):
 *  for a folder of one class the share that got it right, and the share of all labels but one. */
import { RoentgenError } from '../../../errors.ts'
import type { ScoreSummary } from '../../infer/run/header.ts'
import type { Counts, LabelCounts } from '../../infer/run/label-counts.ts'
import { nearest } from '../nearest.ts'

/** Labels that the user asks about. */
export interface Asked {
  /** What all films are expected to be. */
  expect?: string | undefined
  /** The label that all others are told apart from. */
  group?: string | undefined
}

interface Part {
  films: number
  /** Of all films that did not fail; null where none did. */
  share: number | null
}

interface Shares {
  /** By label: films that were given it. */
  labels: Record<string, Part>
  /** Films that were given the expected label. */
  expected?: Part & { label: string }
  /** Films that were not given this label. */
  others?: Part & { label: string }
}

/** Of the only model, or of each by its name. */
export type AllShares = Shares | Record<string, Shares>

/** @throws ROE_OPTION for a label that the model does not have */
export function requireLabels({ expect, group }: Asked, labels: readonly string[]): void {
  for (const [where, received] of [
    ['--expect', expect],
    ['--group', group],
  ] as const)
    if (received !== undefined && !labels.includes(received)) {
      const meant = nearest(received, labels)
      const expected = `one of ${labels.join(', ')}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
      throw new RoentgenError('ROE_OPTION', { where, expected, received })
    }
}

/** What is asked of a label that one of several models does not have, that model does not tell. */
export function sharesOf({ ok, labels }: Pick<ScoreSummary, 'ok' | 'labels'>, asked: Asked): AllShares {
  if (isOfOne(labels)) return sharesOfModel(labels, ok, asked)
  const each = Object.entries(labels).map(([name, counts]) => [name, sharesOfModel(counts, ok, asked)])
  return Object.fromEntries(each)
}

const isOfOne = (labels: LabelCounts): labels is Counts =>
  Object.values(labels).every((value) => typeof value === 'number')

function sharesOfModel(counts: Counts, ok: number, { expect, group }: Asked): Shares {
  const part = (films: number) => ({ films, share: ok === 0 ? null : films / ok })
  const [expected, grouped] = [expect, group].map((label) =>
    label === undefined ? undefined : counts[label],
  )
  return {
    labels: Object.fromEntries(Object.entries(counts).map(([label, films]) => [label, part(films)])),
    ...(expect !== undefined && expected !== undefined && { expected: { label: expect, ...part(expected) } }),
    ...(group !== undefined && grouped !== undefined && { others: { label: group, ...part(ok - grouped) } }),
  }
}

/** Lines for a reader, without line feeds; of several models under the name of each.
 *  @param of  what was counted */
export function shareLines(shares: AllShares, of: LabelCounts): string[] {
  if (isOfOne(of)) return linesOfModel(shares as Shares)
  return Object.entries(shares as Record<string, Shares>).flatMap(([name, one]) => [
    `${name}:`,
    ...linesOfModel(one).map((line) => `  ${line}`),
  ])
}

function linesOfModel({ labels, expected, others }: Shares): string[] {
  const line = (name: string, { films, share }: Part) =>
    `${name}: ${films}${share === null ? '' : ` (${(100 * share).toFixed(1)} %)`}`
  return [
    ...(expected === undefined ? [] : [line(`${expected.label} accuracy`, expected)]),
    ...Object.entries(labels).map(([label, part]) => line(label, part)),
    ...(others === undefined ? [] : [line(`NON-${others.label} %`, others)]),
  ]
}
