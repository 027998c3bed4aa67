/** A row of scores: one for each input, whatever became of it. The same film, models and provider give the same text:
 *  no timings, no machine, and numbers that read back as the same float32. */
import { RoentgenError } from '../../errors.ts'
import type { Cell } from '../data/rows/columns.ts'
import { shortest } from '../data/rows/shortest.ts'
import type { FileFacts } from '../image/decode.ts'
import { type Failure, failureOf } from './failure.ts'
import type { ColumnKind, ScoreColumn } from './layout.ts'
import type { FilmFacts, FilmResult } from './pipeline.ts'
import { encodeFeatures } from './run/features.ts'
import type { Member, Scoring } from './scoring.ts'

/** What one model, or an ensemble, says of a film. */
interface ModelScore {
  /** The most probable label; the first of equals. */
  label: string
  /** The labels at or above their thresholds, in the model's order; none where one of the labels excludes the others. */
  above: readonly string[]
  /** In the order of the model's labels, as the model gives them (float32). */
  probabilities: Float32Array
  /** What stands before the last softmax or sigmoid, where it is wanted. */
  logits: Float32Array | null
  /** Standard deviation of the probabilities among the members of an ensemble. */
  spread: Float32Array | null
}

interface Scored {
  index: number
  path: string
  status: 'ok'
  file: FileFacts
  facts: FilmFacts
  /** One for each model of the layout. */
  scores: readonly ModelScore[]
  /** The embedding, where it is wanted: float32, little-endian, base64. */
  features?: string
}
export interface Unscored {
  index: number
  path: string
  status: 'failed'
  /** null when it could not be looked at. */
  file: FileFacts | null
  failure: Failure
}
export type ScoredFilm = Scored | Unscored

/** Gives a film its labels. A result that is no number, or no probability, is a failure, never a label. */
export function scoreOf(result: FilmResult, { members, ensemble, logits, features }: Scoring): ScoredFilm {
  const { index, path } = result
  if ('failure' in result)
    return { index, path, status: 'failed', file: result.file, failure: result.failure }
  const { file, facts, outputs } = result
  try {
    const each = members.map((member, i) => {
      expectProbabilities(outputs[i]?.[0] ?? new Float32Array(), member, path)
      return outputs[i]![0]!
    })
    const before = members.map((member, i) => (logits ? logitsOf(outputs[i]!, member, path) : null))
    const scores =
      ensemble === null
        ? members.map((member, i) => ({ ...modelScore(each[i]!, member), logits: before[i]! }))
        : [
            {
              ...modelScore(meanOf(each), members[0]!),
              spread: deviationOf(each),
              logits: logits ? meanOf(before.map((values) => values!)) : null,
            },
          ]
    const embedding = features === null ? {} : { features: embeddingOf(outputs[0]!.at(-1)!, path) }
    return { index, path, status: 'ok', file, facts, scores, ...embedding }
  } catch (error) {
    return { index, path, status: 'failed', file, failure: failureOf('infer', path, error) }
  }
}

function expectProbabilities(values: Float32Array, { name, labels }: Member, path: string): void {
  if (values.length === labels.length && values.every((value) => value >= 0 && value <= 1)) return
  const given = [...values].slice(0, 8).join(', ') || 'nothing'
  const problem = `the model ${name} gives ${given} for ${labels.length} labels, and not a probability for each`
  throw new RoentgenError('ROE_INFERENCE', { where: path, problem })
}

function embeddingOf(values: Float32Array, path: string): string {
  if (values.every(Number.isFinite)) return encodeFeatures(values)
  const problem = 'the features are not all finite numbers'
  throw new RoentgenError('ROE_INFERENCE', { where: path, problem })
}

/** @param outputs  of a model: its probabilities, then its taps */
function logitsOf([, values]: readonly Float32Array[], { name, labels }: Member, path: string) {
  if (values?.length === labels.length && values.every(Number.isFinite)) return values
  const problem = `before its activation the model ${name} gives no finite number for each of ${labels.length} labels`
  throw new RoentgenError('ROE_INFERENCE', { where: path, problem })
}

function modelScore(probabilities: Float32Array, { labels, thresholds }: Member): ModelScore {
  const label = labels[probabilities.indexOf(Math.max(...probabilities))]!
  // The threshold as a float32, since 0.3 itself lies below the float32 that is called 0.3.
  const above = labels.filter(
    (_, i) => thresholds !== null && probabilities[i]! >= Math.fround(thresholds[i]!),
  )
  return { label, above, probabilities, logits: null, spread: null }
}

/** Computed in double, label by label. */
const meanOf = (each: readonly Float32Array[]): Float32Array =>
  each[0]!.map((_, label) => each.reduce((sum, values) => sum + values[label]!, 0) / each.length)

/** Standard deviation of the members about their mean, with as many degrees of freedom as members less one. */
const deviationOf = (each: readonly Float32Array[]): Float32Array =>
  each[0]!.map((_, label) => {
    const values = each.map((member) => member[label]!)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    return Math.sqrt(squares / (values.length - 1))
  })

/** What stands in a column, for each kind of them. */
const CELLS: { readonly [Kind in ColumnKind]: (film: Scored, score: ModelScore, label: number) => Cell } = {
  path: ({ path }) => path,
  status: ({ status }) => status,
  label: (_, { label }) => label,
  probability: (_, { probabilities }, label) => number(probabilities, label),
  labels: (_, { above }) => above.join('|'),
  spread: (_, { spread }, label) => number(spread, label),
  logit: (_, { logits }, label) => number(logits, label),
  width: ({ facts }) => facts.width,
  height: ({ facts }) => facts.height,
  bars: ({ facts: { bars } }) => bars && `${bars.left} ${bars.top} ${bars.right} ${bars.bottom}`,
  coloured: ({ facts }) => facts.coloured,
}

const number = (values: Float32Array | null, at: number): number | null => {
  const value = values?.[at]
  return value === undefined ? null : shortest(value)
}

/** Cells in the order of the columns. */
export const cellsOf = (film: ScoredFilm, columns: readonly ScoreColumn[]): Cell[] =>
  columns.map(({ kind, model, label }) => {
    if (film.status === 'ok') return CELLS[kind](film, film.scores[model]!, label)
    return kind === 'path' || kind === 'status' ? film[kind] : null
  })
