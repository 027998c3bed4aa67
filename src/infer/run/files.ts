/** The files of a run, beside its output. */
import { resolve } from 'node:path'

/** What the run depends on; written before the first row, and kept. */
export const headerPath = (out: string): string => `${out}.run.json`
/** The rows so far; it is there only while the run is not finished. */
export const journalPath = (out: string): string => `${out}.journal`
/** Which process writes it; it is there only while it does. */
export const lockPath = (out: string): string => `${out}.lock`
/** The films without a result; it is there only when there are some. */
export const ledgerPath = (out: string): string => `${out}.errors.jsonl`

export const FEATURES_FORMATS = ['npy', 'parquet'] as const
export type FeaturesFormat = (typeof FEATURES_FORMATS)[number]

/** The embeddings. */
export const featuresPath = (out: string, format: FeaturesFormat): string => `${out}.features.${format}`

/** All names that a run writes, absolute: they may lie in the folder that is scored, and are no films. */
export const ownFiles = (out: string): ReadonlySet<string> =>
  new Set(
    [
      out,
      headerPath(out),
      journalPath(out),
      lockPath(out),
      ledgerPath(out),
      ...FEATURES_FORMATS.map((format) => featuresPath(out, format)),
    ].map((path) => resolve(path)),
  )
