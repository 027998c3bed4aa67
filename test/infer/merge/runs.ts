/** Finished runs for tests, made without a model: their journal is written and rendered. */
import { createHash } from 'node:crypto'
import { encodeFeatures } from '../../../src/infer/run/features.ts'
import { type FeaturesFormat, journalPath } from '../../../src/infer/run/files.ts'
import { finishRun } from '../../../src/infer/run/finish.ts'
import type { RunHeader } from '../../../src/infer/run/header.ts'
import { Journal } from '../../../src/infer/run/journal.ts'
import { failed, scored } from '../run/scored.ts'

const HEADER: RunHeader = {
  version: 1,
  note: '',
  results: {
    models: [
      { file: 'm.onnx', digest: 'd'.repeat(64), precision: 'fp32', preprocessing: { version: 1, steps: [] } },
    ],
    scoring: { ensemble: null, tta: null, logits: false, features: null, taps: [[]], thresholds: [null] },
    provider: 'cpu',
    engine: 'onnxruntime-node',
    tf32: false,
    batch: 16,
    versions: {},
  },
  layout: {
    models: [{ name: '', labels: ['normal', 'opacity'], activation: 'softmax' }],
    logits: false,
    spread: false,
  },
  inputs: {
    named: ['films'],
    hidden: false,
    follow: false,
    pathAs: 'as-given',
    pathKey: null,
    root: null,
    shard: null,
  },
  machine: { begun: '2026-01-01T00:00:00.000Z' },
}

/** A change of `results`: with embeddings of three numbers beside the rows. */
export const embedded = (features: FeaturesFormat | null) => ({
  scoring: { ...HEADER.results.scoring, features },
})

/** A film whose name begins with `!` failed. */
export async function finishedRun(
  out: string,
  list: readonly string[],
  shard: { index: number; count: number } | null = null,
  change: Partial<RunHeader['results']> = {},
): Promise<string> {
  const films = list.filter((_, k) => shard === null || k % shard.count === shard.index)
  const results = { ...HEADER.results, ...change }
  const { features } = results.scoring
  const journal = await Journal.create(journalPath(out))
  await journal.add(
    films.map((path, index) =>
      path.startsWith('!')
        ? failed(index, path)
        : {
            ...scored(index, path, [probabilityOf(path), 0.25]),
            ...(features === null ? {} : { features: encodeFeatures(embeddingOf(path)) }),
          },
    ),
  )
  await journal.close()
  const digest = createHash('sha256')
    .update(list.map((film) => `${film}\0`).join(''))
    .digest('hex')
  await finishRun(
    out,
    {
      ...HEADER,
      results,
      inputs: { ...HEADER.inputs, shard },
      survey: { listed: list.length, films: films.length, digest },
    },
    films.length,
  )
  return out
}

/** The same for the same film, whatever run it is in. */
const probabilityOf = (path: string): number =>
  createHash('sha256').update(path).digest().readUInt16LE() / 2 ** 16

const embeddingOf = (path: string): Float32Array =>
  Float32Array.from([probabilityOf(path), -probabilityOf(`${path}/`), 0.1])
