/** How many films each model gave each label: of a softmax the most probable one, of a sigmoid all at or above their
 *  thresholds. Counted from rows, as they are written or read. */
import type { Cell } from '../../data/rows/columns.ts'
import { columnsOf, type RowLayout } from '../layout.ts'
import type { ScoringFacts } from './header.ts'

/** By label, in the order of the model's; of a sigmoid also the films without any, under `none`. */
export type Counts = Record<string, number>

/** Of the only model, or of each by its name. */
export type LabelCounts = Counts | Record<string, Counts>

/** @returns what counts a row of a film that did not fail, and what was counted */
export function labelCounter(layout: RowLayout, thresholds: ScoringFacts['thresholds']) {
  const columns = columnsOf(layout)
  const models = layout.models.map(({ name, labels, activation }, model) => {
    const none = labels.includes('none') ? 'none of them' : 'none'
    const counts: Counts = Object.fromEntries(labels.map((label) => [label, 0]))
    if (activation === 'sigmoid') counts[none] = 0
    const places = (wanted: string) =>
      columns.flatMap(({ kind, model: of }, at) => (kind === wanted && of === model ? [at] : []))
    const [label, probabilities] = [places('label')[0]!, places('probability')]
    const limits = thresholds[model] ?? []
    const given = (cells: readonly Cell[]): string[] => {
      if (activation === 'softmax') return [String(cells[label])]
      const above = labels.filter((_, i) => isAbove(cells[probabilities[i]!], limits[i]))
      return above.length === 0 ? [none] : above
    }
    return { name, counts, given }
  })
  const isOne = models.length === 1
  const labels: LabelCounts = isOne
    ? models[0]!.counts
    : Object.fromEntries(models.map(({ name, counts }) => [name, counts]))
  const add = (cells: readonly Cell[]) => {
    for (const { counts, given } of models)
      for (const label of given(cells)) counts[label] = (counts[label] ?? 0) + 1
  }
  return { add, labels }
}

/** As row.ts compares them: both as float32. */
const isAbove = (cell: Cell | undefined, threshold = Number.POSITIVE_INFINITY): boolean =>
  cell !== null && cell !== undefined && Math.fround(Number(cell)) >= Math.fround(threshold)
