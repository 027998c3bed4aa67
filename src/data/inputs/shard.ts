/** One part of a list of films, for one of several machines: film `k` belongs to shard `k mod count`. So every shard gets
 *  its part of each folder, large films or bad ones are spread, a list can be streamed, and row `j` of shard `i` is film
 *  `i + j * count` of the list: merging restores the order and sees what is missing. */
import { RoentgenError } from '../../../errors.ts'

export interface Shard {
  /** From 0. */
  index: number
  count: number
}

type Environment = Readonly<Record<string, string | undefined>>

const EXPECTED = 'INDEX/COUNT with INDEX from 0 and below COUNT, /COUNT, or auto'

/** Reads `--shard`.
 *
 *  `1/4` says both. `/4` takes the index from JOB_COMPLETION_INDEX (Kubernetes) or from Slurm's array. `auto` takes both
 *  from Slurm's array: SLURM_ARRAY_TASK_ID less SLURM_ARRAY_TASK_MIN, in steps of SLURM_ARRAY_TASK_STEP, of
 *  SLURM_ARRAY_TASK_COUNT.
 *  @throws ROE_OPTION with what was there instead */
export function readShard(text: string, environment: Environment = process.env): Shard {
  const [, index, count] = /^(\d*)\/(\d+)$/.exec(text) ?? []
  if (text === 'auto') return checked(text, slurmShard(environment))
  if (index === undefined || count === undefined) throw refusal(EXPECTED, text)
  if (index !== '') return checked(text, { index: Number(index), count: Number(count) })
  return checked(text, { index: indexFor(Number(count), environment), count: Number(count) })
}

function checked(text: string, { index, count }: Shard): Shard {
  if (!Number.isSafeInteger(count) || index >= count)
    throw refusal(EXPECTED, `${text} (shard ${index} of ${count})`)
  return { index, count }
}

function indexFor(count: number, environment: Environment): number {
  const [indexed, isArray] = [environment.JOB_COMPLETION_INDEX, environment.SLURM_ARRAY_TASK_ID !== undefined]
  if (indexed !== undefined && isArray)
    throw refusal('one of JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID, or the index itself', 'both')
  if (indexed !== undefined) return whole('JOB_COMPLETION_INDEX', environment)
  if (!isArray) throw refusal('JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID, or the index itself', 'neither')
  const slurm = slurmShard(environment)
  // A task that is submitted again alone is an array of one: its index would be another one.
  if (slurm.count !== count)
    throw refusal(`an array of ${count} tasks, or the index itself`, `an array of ${slurm.count}`)
  return slurm.index
}

function slurmShard(environment: Environment): Shard {
  if (environment.SLURM_ARRAY_TASK_ID === undefined)
    throw refusal('a task of a Slurm array (SLURM_ARRAY_TASK_ID), or INDEX/COUNT', 'none')
  const [id, first, count] = ['ID', 'MIN', 'COUNT'].map((name) =>
    whole(`SLURM_ARRAY_TASK_${name}`, environment),
  )
  const step =
    environment.SLURM_ARRAY_TASK_STEP === undefined ? 1 : whole('SLURM_ARRAY_TASK_STEP', environment)
  const index = (id! - first!) / step
  if (Number.isSafeInteger(index) && index >= 0 && index < count!) return { index, count: count! }
  throw refusal(
    'an array whose tasks follow one another (0-9, or 0-18:2), or INDEX/COUNT',
    `task ${id} of ${count} from ${first}`,
  )
}

function whole(name: string, environment: Environment): number {
  const text = environment[name]
  if (text !== undefined && /^\d+$/.test(text)) return Number(text)
  throw new RoentgenError('ROE_OPTION', {
    where: name,
    expected: 'a whole number from 0',
    received: text ?? 'nothing',
  })
}

const refusal = (expected: string, received: string): RoentgenError =>
  new RoentgenError('ROE_OPTION', { where: '--shard', expected, received })

/** Those items of a list that belong to a shard; the others are passed over. */
export const isInShard = (index: number, shard: Shard | null): boolean =>
  shard === null || index % shard.count === shard.index

/** How many of a list's films belong to a shard. */
export const sizeOfShard = (films: number, { index, count }: Shard): number =>
  Math.max(0, Math.ceil((films - index) / count))
