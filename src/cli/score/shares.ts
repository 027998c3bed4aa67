/** The shares that a folder of films was given each label, as the first published system prints them (SEEDS.md, S0.7):
 *  for a folder of one class the share that got it right, and the share of all labels but one. */
import { RoentgenError } from '../../../errors.ts'
import { nearest } from '../nearest.ts'

/** Labels that the user asks about. */
export interface Asked {
  /** What all films are expected to be. */
  expect?: string | undefined
  /** The label that all others are told apart from. */
  group?: string | undefined
}

export interface Shares {
  /** By label: films that were given it, and their part of all that have a label; null where none has. */
  labels: Record<string, { films: number; share: number | null }>
  /** Films that were given the expected label. */
  expected?: { label: string; films: number; share: number | null }
  /** Films that were given any other label than this. */
  others?: { label: string; films: number; share: number | null }
}

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

/** @param counts  films that were given each label, in the order of the model's labels */
export function sharesOf(counts: Readonly<Record<string, number>>, { expect, group }: Asked): Shares {
  const all = Object.values(counts).reduce((sum, films) => sum + films, 0)
  const part = (films: number) => ({ films, share: all === 0 ? null : films / all })
  const given = (label: string) => counts[label] ?? 0
  return {
    labels: Object.fromEntries(Object.keys(counts).map((label) => [label, part(given(label))])),
    ...(expect !== undefined && { expected: { label: expect, ...part(given(expect)) } }),
    ...(group !== undefined && { others: { label: group, ...part(all - given(group)) } }),
  }
}

/** Lines for a reader, without line feeds. */
export function shareLines({ labels, expected, others }: Shares): string[] {
  const line = (name: string, { films, share }: { films: number; share: number | null }) =>
    `${name}: ${films}${share === null ? '' : ` (${(100 * share).toFixed(1)} %)`}`
  return [
    ...(expected === undefined ? [] : [line(`${expected.label} accuracy`, expected)]),
    ...Object.entries(labels).map(([label, part]) => line(label, part)),
    ...(others === undefined ? [] : [line(`NON-${others.label} %`, others)]),
  ]
}
