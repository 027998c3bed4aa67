/** How many films a batch holds: a part of what a result depends on, so it is chosen in one place. */
import { RoentgenError } from '../../errors.ts'

/** Films a batch unless the model or the user says otherwise: on a cpu, what light networks compute of more films leaves its
 *  cache. A GPU takes more. */
const DEFAULT_BATCH = 8

/** Films a batch that may be asked for: their pixels are held several times over in each worker. */
const MOST = 1024

/** What the model fixes wins; asking for another batch then is an error, not a silent change.
 *  @param fixed  null when the model leaves the batch open
 *  @param usual  where neither says anything: that of a run that goes on
 *  @throws ROE_OPTION */
export function chooseBatch(fixed: number | null, asked: number | undefined, usual = DEFAULT_BATCH): number {
  if (asked === undefined || asked === fixed) return fixed ?? usual
  if (fixed === null && Number.isSafeInteger(asked) && asked >= 1 && asked <= MOST) return asked
  const expected = fixed === null ? `a whole number from 1 to ${MOST}` : `${fixed}, which the model fixes`
  throw new RoentgenError('ROE_OPTION', { where: '--batch', expected, received: String(asked) })
}
