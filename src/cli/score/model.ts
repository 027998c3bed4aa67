/** Options of `roentgen score` that say what is computed: results depend on them. */
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import { type ModelFile, openModelFile } from '../../infer/model-file.ts'
import { FEATURES_FORMATS, type FeaturesFormat } from '../../infer/run/files.ts'
import type { Wishes } from '../../infer/scoring.ts'
import { tapsOf } from '../../infer/taps.ts'

export const modelOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('model', {
      alias: 'm',
      string: true,
      array: true,
      nargs: 1,
      demandOption: true,
      describe: 'ONNX model of roentgen; given again, films are read once for all',
    })
    .option('ensemble', {
      choices: ['mean'] as const,
      describe: 'one result of several models: the mean of their probabilities',
    })
    .option('tta', {
      choices: ['flip'] as const,
      describe: 'each film and its mirror image, averaged',
    })
    .option('threshold', {
      string: true,
      array: true,
      nargs: 1,
      describe: 'of models with a sigmoid: 0.5 or LABEL=0.5 [as the model says, else 0.5]',
    })
    .option('logits', {
      type: 'boolean',
      default: false,
      describe: 'write what stands before the last Softmax or Sigmoid, too',
    })
    .option('features', {
      type: 'string',
      conflicts: 'update',
      describe: 'embeddings beside the scores: the value or node of this name',
    })
    .option('pool', {
      choices: ['mean', 'none'] as const,
      implies: 'features',
      describe: 'of a map as features: the mean of each channel, or all its numbers [mean]',
    })
    .option('features-format', {
      choices: FEATURES_FORMATS,
      implies: 'features',
      describe: 'OUT.features.npy or .parquet [npy]',
    })
    .option('batch', { type: 'number', describe: 'films a batch [8, or what the model fixes]' })

interface Given {
  model: readonly string[]
  ensemble: 'mean' | undefined
  tta: 'flip' | undefined
  threshold: readonly string[] | undefined
  logits: boolean
  features: string | undefined
  pool: 'mean' | 'none' | undefined
  featuresFormat: FeaturesFormat | undefined
}

/** The models, and what is computed of them.
 *  @throws what openModelFile throws; ROE_OPTION */
export async function modelsOf(given: Given): Promise<{ models: ModelFile[]; wishes: Wishes }> {
  const { ensemble, tta, logits } = given
  const thresholds = thresholdsOf(given.threshold ?? [])
  const models: ModelFile[] = []
  for (const path of given.model) models.push(await openModelFile(path))
  const { features: layer, pool = 'mean', featuresFormat = 'npy' } = given
  if (layer !== undefined && models.length > 1)
    throw new RoentgenError('ROE_OPTION', {
      where: '--features',
      expected: 'one model',
      received: `${models.length} models`,
    })
  const shape = pool === 'mean' ? ('mean' as const) : ('flat' as const)
  const taps = await tapsOf(models, { logits, features: layer === undefined ? null : { layer, shape } })
  const features = layer === undefined ? undefined : featuresFormat
  return { models, wishes: { ensemble, tta, thresholds, logits, features, taps } }
}

/** A label may hold `=`; a number does not. @throws ROE_OPTION */
function thresholdsOf(texts: readonly string[]): Wishes['thresholds'] {
  const all: number[] = []
  const of = new Map<string, number>()
  for (const text of texts) {
    const at = text.lastIndexOf('=')
    const value = text.slice(at + 1).trim() === '' ? Number.NaN : Number(text.slice(at + 1))
    const isAgain = at < 0 ? all.length > 0 : of.has(text.slice(0, at))
    if (!(value >= 0 && value <= 1) || isAgain)
      throw new RoentgenError('ROE_OPTION', {
        where: '--threshold',
        expected: isAgain ? 'each threshold once' : 'a number from 0 to 1, or LABEL=NUMBER',
        received: text,
      })
    if (at < 0) all.push(value)
    else of.set(text.slice(0, at), value)
  }
  return { of, ...(all[0] === undefined ? {} : { all: all[0] }) }
}
