/** Several models in one pass: what they agree on, and the columns that they give. */
import { parse } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { chooseBatch } from './batch.ts'
import type { RowLayout } from './layout.ts'
import type { ModelFile } from './model-file.ts'

/** Films a batch, for all of them.
 *  @throws ROE_OPTION when they fix different ones, or another than is asked for */
export function batchOf(models: readonly ModelFile[], asked: number | undefined): number {
  const fixed = [...new Set(models.flatMap(({ batch }) => batch ?? []))]
  if (fixed.length <= 1) return chooseBatch(fixed[0] ?? null, asked)
  const received = `models that fix batches of ${fixed.join(' and ')}`
  throw new RoentgenError('ROE_OPTION', { where: '-m', expected: 'models of one batch', received })
}

/** What the rows of a pass hold. */
export const layoutOf = (models: readonly ModelFile[]): RowLayout => ({
  models: models.map(({ path, labels, activation }) => ({
    name: models.length === 1 ? '' : parse(path).name,
    labels,
    activation,
  })),
  logits: false,
  spread: false,
})
