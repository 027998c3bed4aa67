/** Values of inside that are wanted of a model besides its outputs: what stands before the activation, and features. */
import { readFile } from 'node:fs/promises'
import { requireData } from '../../converters/onnx/external-data.ts'
import { decodeModel } from '../../converters/onnx/header.ts'
import { beforeActivation, type Tap, valueNamed } from '../../converters/onnx/tap.ts'
import { RoentgenError } from '../../errors.ts'
import type { ModelFile } from './model-file.ts'

/** What is wanted. */
export interface TapWishes {
  logits: boolean
  /** The name of a node or value, and whether a map becomes one number a channel or all its numbers. */
  features: { layer: string; shape: 'mean' | 'flat' } | null
}

/** @returns for each model its taps: the one of the logits first
 *  @throws ROE_OPTION for a model that has no such value, or whose weights lie beside it */
export async function tapsOf(models: readonly ModelFile[], wishes: TapWishes): Promise<Tap[][]> {
  const { logits, features } = wishes
  if (!logits && features === null) return models.map(() => [])
  const all: Tap[][] = []
  for (const model of models) all.push(await tapsOfOne(model, wishes))
  return all
}

async function tapsOfOne({ path, labels }: ModelFile, { logits, features }: TapWishes): Promise<Tap[]> {
  const option = logits ? '--logits' : '--features'
  const model = decodeModel(await readFile(path), path)
  const beside = await requireData(model, path)
  if (beside.length > 0)
    throw new RoentgenError('ROE_OPTION', {
      where: option,
      expected: 'a model that holds its weights itself',
      received: `${path}, whose weights lie beside it`,
    })
  const taps: Tap[] = []
  if (logits) {
    const before = beforeActivation(model)
    if ('endsIn' in before)
      throw new RoentgenError('ROE_OPTION', {
        where: '--logits',
        expected: `a model that gives its ${labels.length} labels by a Softmax or Sigmoid`,
        received: `${path}, which ends in ${before.endsIn}`,
      })
    taps.push({ value: before.value, shape: 'as-is' })
  }
  if (features !== null)
    taps.push({ value: valueNamed(model, features.layer, '--features'), shape: features.shape })
  return taps
}
