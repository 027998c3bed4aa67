/** The header of a run, `OUT.run.json`: what its results depend on, how they are written down, and what it ran on.
 *  Two runs whose `results` differ are never mixed: by no resume, no merge and no update. */
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { writeWhole } from '../../../whole-file.ts'
import type { InputFacts, Survey } from '../../data/inputs/inputs.ts'
import { PATH_AS } from '../../data/inputs/names.ts'
import { PREPROCESSING } from '../../image/preprocess.ts'
import type { RowLayout } from '../layout.ts'
import { PROVIDERS } from '../providers.ts'
import type { Tuning } from '../tune.ts'
import { FEATURES_FORMATS, headerPath } from './files.ts'

const PROVIDER_NAMES = PROVIDERS.map(({ name }) => name)

const MODEL = z.strictObject({
  /** The name of its file, without the folder. */
  file: z.string(),
  /** sha256, hex. */
  digest: z.string(),
  precision: z.enum(['fp32', 'fp16']),
  preprocessing: PREPROCESSING,
})

/** What is computed of the models besides. */
const SCORING = z.strictObject({
  ensemble: z.literal('mean').nullable(),
  tta: z.literal('flip').nullable(),
  logits: z.boolean(),
  /** The format of the embeddings; null where there are none. */
  features: z.enum(FEATURES_FORMATS).nullable(),
  /** Values of inside, of each model. */
  taps: z.array(z.array(z.strictObject({ value: z.string(), shape: z.enum(['as-is', 'flat', 'mean']) }))),
  /** Of each model, in the order of its labels; null for a softmax. */
  thresholds: z.array(z.array(z.number()).nullable()),
})
export type ScoringFacts = z.infer<typeof SCORING>

const COUNTS = z.record(z.string(), z.number())

/** What became of the films. */
const SUMMARY = z.strictObject({
  films: z.number(),
  ok: z.number(),
  failed: z.number(),
  /** How many films were given each label, in the order of the model's labels; of several models under the name of each. */
  labels: z.union([COUNTS, z.record(z.string(), COUNTS)]),
  out: z.string(),
  /** null when no film failed. */
  ledger: z.string().nullable(),
})
export type ScoreSummary = z.infer<typeof SUMMARY>

const LAYOUT: z.ZodType<RowLayout> = z.strictObject({
  models: z.array(
    z.strictObject({
      name: z.string(),
      labels: z.array(z.string()),
      activation: z.enum(['softmax', 'sigmoid']),
    }),
  ),
  logits: z.boolean(),
  spread: z.boolean(),
})

/** Which films. */
const INPUTS: z.ZodType<InputFacts> = z.strictObject({
  named: z.array(z.string()),
  hidden: z.boolean(),
  follow: z.boolean(),
  pathAs: z.enum(PATH_AS),
  pathKey: z.string().nullable(),
  root: z.string().nullable(),
  shard: z.strictObject({ index: z.number(), count: z.number() }).nullable(),
})

const SURVEY: z.ZodType<Survey> = z.strictObject({
  listed: z.number(),
  films: z.number(),
  digest: z.string().nullable(),
})

const TUNING: z.ZodType<Tuning> = z.strictObject({
  workers: z.number(),
  threads: z.number(),
  decoders: z.number(),
  why: z.string(),
})

const HEADER = z.strictObject({
  version: z.literal(1),
  note: z.string(),
  /** All that a result depends on, besides the film. */
  results: z.strictObject({
    models: z.array(MODEL),
    scoring: SCORING,
    /** The provider that computes, never another one. */
    provider: z.enum(PROVIDER_NAMES),
    /** The package that computes. */
    engine: z.string(),
    /** Whether NVIDIA's libraries might multiply fp32 with 11 bits. */
    tf32: z.boolean(),
    /** Films a batch. */
    batch: z.number(),
    /** Of roentgen and of the libraries that decode and compute; null where one is not installed. */
    versions: z.record(z.string(), z.string().nullable()),
  }),
  /** What the columns are. */
  layout: LAYOUT,
  inputs: INPUTS,
  /** How the cores are shared, and why: of no influence on a result. A run that goes on keeps it. */
  tuning: TUNING.optional(),
  /** Of no influence on a result. */
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  /** What the list was, written last; not there where the films came without one. */
  survey: SURVEY.optional(),
  /** Written last: the output is whole. */
  summary: SUMMARY.optional(),
})
export type RunHeader = z.infer<typeof HEADER>

/** @throws ROE_WRITE */
export const writeHeader = (out: string, header: RunHeader): Promise<void> =>
  writeWhole(headerPath(out), `${JSON.stringify(header, null, 2)}\n`)

/** @returns null when there is none that can be read */
export async function readHeader(out: string): Promise<RunHeader | null> {
  try {
    return HEADER.parse(JSON.parse(await readFile(headerPath(out), 'utf8')))
  } catch {
    return null
  }
}

/** Where two values differ, one sentence for each place: `models.0.digest: was 1f…, is 2e…`. */
export function differences(was: unknown, is: unknown, where = ''): string[] {
  if (isDeepStrictEqual(was, is)) return []
  if (!isObject(was) || !isObject(is)) return [`${where} was ${brief(was)}, is ${brief(is)}`]
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((key) =>
    differences(was[key], is[key], where === '' ? key : `${where}.${key}`),
  )
}

/** A change that follows from another one: it is told where that is not. */
const ECHOES: readonly { echo: RegExp; of: RegExp }[] = [
  { echo: /^(preprocessing\.|(frozen|begin) )/, of: /^plan\./ },
  { echo: /^data\.order /, of: /^data\.digest / },
  { echo: /^weights /, of: /^plan\.weights / },
  { echo: /^columns\./, of: /^(models|scoring)\./ },
]

/** What `differences` found, each change once. */
export const withoutEchoes = (changes: readonly string[]): string[] =>
  changes.filter(
    (change) => !ECHOES.some(({ echo, of }) => echo.test(change) && changes.some((other) => of.test(other))),
  )

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Digests are told by their beginning. */
const brief = (value: unknown): string =>
  value === undefined
    ? 'not given'
    : typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
      ? value.slice(0, 12)
      : JSON.stringify(value).slice(0, 80)
