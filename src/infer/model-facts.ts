/** The facts that a model's metadata must hold, as schemas: the `roentgen.*` keys of an ONNX file, JSON but for two. */
import { z } from 'zod'
import { RoentgenError } from '../../errors.ts'
import { FINGERPRINT } from '../data/fingerprint.ts'
import { PREPROCESSING } from '../image/preprocess.ts'

const TRAINING_FILM = FINGERPRINT.extend({
  path: z.string(),
  label: z.string(),
  findings: z.record(z.string(), z.union([z.literal(0), z.literal(1)])).optional(),
  split: z.enum(['train', 'validation']),
})
export type TrainingFilm = z.infer<typeof TRAINING_FILM>

const PARITY = z.looseObject({
  output: z.string(),
  maxAbs: z.number(),
  maxRel: z.number(),
  saturated: z.boolean().optional(),
})
export type Parity = z.infer<typeof PARITY>

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' })
        return z.NEVER
      }
    })
    .pipe(schema)

/** Metadata keys, without `roentgen.`. */
const COMMON = {
  version: z.literal('1'),
  preprocessing: json(PREPROCESSING),
  training: json(z.record(z.string(), z.unknown())).optional(),
  films: json(z.array(TRAINING_FILM)).optional(),
  parity: json(z.array(PARITY)).optional(),
  precision: z.enum(['fp32', 'fp16']).optional(),
}
const FACTS = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('classifier'),
    labels: json(z.array(z.string().min(1)).min(2)),
    activation: json(z.enum(['softmax', 'sigmoid'])),
    /** In the order of the labels. */
    thresholds: json(z.array(z.number().min(0).max(1))).optional(),
    ...COMMON,
  }),
  z.object({ kind: z.literal('features'), ...COMMON }),
])

const REQUIRED = ['version', 'kind', 'labels', 'activation', 'preprocessing']

/** Checks what a model's metadata says.
 *  @throws ROE_MODEL_FACTS with all that is missing or wrong */
export function readFacts(metadata: ReadonlyMap<string, string>, where: string): z.infer<typeof FACTS> {
  const said = [...metadata].flatMap(([key, value]) =>
    key.startsWith('roentgen.') ? [[key.slice('roentgen.'.length), value] as const] : [],
  )
  const result = FACTS.safeParse(Object.fromEntries(said))
  if (result.success) return result.data
  throw new RoentgenError('ROE_MODEL_FACTS', { where, missing: missingFacts(result.error, new Map(said)) })
}

/** One entry for each key: its name alone where it is absent, with what is wrong where it is there. */
function missingFacts(error: z.ZodError, said: ReadonlyMap<string, string>): string[] {
  // Without a kind nothing else is looked at, so all that is absent is told at once.
  if (!said.has('kind')) return REQUIRED.filter((key) => !said.has(key)).map((key) => `roentgen.${key}`)
  const problems = new Map<string, string>()
  for (const { path, message } of error.issues) {
    const key = String(path[0])
    if (problems.has(key)) continue
    const place = path.length > 1 ? `at ${path.slice(1).join('.')}: ` : ''
    problems.set(key, said.has(key) ? `a valid roentgen.${key} (${place}${message})` : `roentgen.${key}`)
  }
  return [...problems.values()]
}
