/** Scored films for tests: what a journal holds. */
import type { ScoredFilm } from '../../../src/infer/row.ts'

const FILE = { sizeBytes: 1234, mtimeMs: 1_700_000_000_123.456 }

export const scored = (index: number, path: string, probabilities: readonly number[]): ScoredFilm => ({
  index,
  path,
  status: 'ok',
  file: FILE,
  facts: { width: 40, height: 48, bars: null, coloured: false },
  scores: [
    {
      label: 'normal',
      above: [],
      probabilities: Float32Array.from(probabilities),
      logits: null,
      spread: null,
    },
  ],
})

export const failed = (index: number, path: string): ScoredFilm => ({
  index,
  path,
  status: 'failed',
  file: null,
  failure: { stage: 'decode', code: 'ROE_FILM_MISSING', data: { where: path } },
})
