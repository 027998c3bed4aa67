/** A row of scores: one for each input, whatever became of it. The same film, model and provider give the same text:
 *  no timings, no machine, and numbers that read back as the same float32. */
import { RoentgenError } from '../../errors.ts'
import { shortest } from '../data/rows/shortest.ts'
import { type Failure, failureOf } from './failure.ts'
import type { FilmResult } from './pipeline.ts'

interface Scored {
  index: number
  path: string
  status: 'ok'
  /** Whether the film is really coloured. */
  coloured: boolean
  /** The most probable label; the first of equals. */
  label: string
  /** In the order of the model's labels, as the model gives them (float32). */
  probabilities: Float32Array
}
export interface Unscored {
  index: number
  path: string
  status: 'failed'
  failure: Failure
}
export type ScoredFilm = Scored | Unscored

/** Gives a film its label. A result that is no number is a failure, never a label. */
export function scoreOf(result: FilmResult, labels: readonly string[]): ScoredFilm {
  const { index, path } = result
  if ('failure' in result) return { index, path, status: 'failed', failure: result.failure }
  const probabilities = result.outputs[0] ?? new Float32Array()
  const label = labels[probabilities.indexOf(Math.max(...probabilities))]
  if (label !== undefined && probabilities.length === labels.length && probabilities.every(Number.isFinite))
    return { index, path, status: 'ok', coloured: result.coloured, label, probabilities }
  const problem = `it gives ${[...probabilities].slice(0, 8).join(', ')} for ${labels.length} labels`
  const error = new RoentgenError('ROE_INFERENCE', { where: path, problem })
  return { index, path, status: 'failed', failure: failureOf('infer', path, error) }
}

/** Names of the columns. */
export const columnsOf = (labels: readonly string[]): string[] => [
  'path',
  'status',
  'label',
  ...labels.map((label) => `p_${label}`),
]

/** Cells in the order of the columns; null is unknown. */
export const cellsOf = (film: ScoredFilm, labels: readonly string[]): (string | number | null)[] =>
  film.status === 'ok'
    ? [film.path, 'ok', film.label, ...Array.from(film.probabilities, shortest)]
    : [film.path, 'failed', null, ...labels.map(() => null)]
