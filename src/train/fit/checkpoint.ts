/** Where a fit stands after an epoch, as one file: a header in JSON, the values of the tensors as float32 in the machine's
 *  order, then the sha256 of all of it. It replaces the one before when it is whole, so that a kill at any moment leaves a
 *  whole one. It says what it is of: nothing else goes on from it. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { hasCode, RoentgenError } from '../../../errors.ts'
import { removeFile, WholeFile } from '../../../whole-file.ts'
import { differences, withoutEchoes } from '../../infer/run/header.ts'
import type { Found } from '../../infer/run/run.ts'
import type { FitState, Standing } from './state.ts'

const DIGEST_BYTES = 32
const LENGTH_BYTES = 4

const MEMORY = z.strictObject({ best: z.number().nullable(), wait: z.number(), cooldown: z.number() })

const STANDING: z.ZodType<Standing> = z.strictObject({
  steps: z.number(),
  drawn: z.number(),
  history: z.array(
    z.strictObject({
      epoch: z.number(),
      loss: z.number(),
      accuracy: z.number(),
      valLoss: z.number(),
      valAccuracy: z.number(),
      learningRate: z.number(),
    }),
  ),
  seconds: z.array(z.number()),
  watched: z.strictObject({
    keep: MEMORY,
    stop: MEMORY,
    reduce: MEMORY,
    rate: z.number(),
    bestEpoch: z.number(),
    isStopped: z.boolean(),
  }),
})

const PARTS = ['weights', 'slots', 'best'] as const
const LENGTHS = z.array(z.number().int().min(0))

const HEADER = z.strictObject({
  version: z.literal(1),
  /** All that the result of the fit depends on. */
  of: z.record(z.string(), z.unknown()),
  standing: STANDING,
  /** Numbers of each tensor. */
  lengths: z.strictObject({ weights: LENGTHS, slots: LENGTHS, best: LENGTHS }),
})

/** Facts that a result depends on, as JSON. */
export type FitFacts = Readonly<Record<string, unknown>>

export interface CheckpointOptions {
  path: string
  /** What becomes of one that is there; `if same`: what is of others, or damaged, is passed over. */
  found: Found | 'if same'
  /** Told how many epochs are kept. */
  onKept?: (epochs: number) => void
}

interface Kept {
  of: FitFacts
  state: FitState
}

export class Checkpoint {
  readonly path: string
  #found: Kept | null
  readonly #isPassedOver: boolean
  readonly #onKept: NonNullable<CheckpointOptions['onKept']>

  private constructor({ path, found, onKept = () => {} }: CheckpointOptions, kept: Kept | null) {
    this.path = path
    this.#found = kept
    this.#isPassedOver = found === 'if same'
    this.#onKept = onKept
  }

  /** Looks what is there. @throws ROE_RUN_UNFINISHED; ROE_RESUME when it is damaged; ROE_WRITE */
  static async open(options: CheckpointOptions): Promise<Checkpoint> {
    const { path, found } = options
    if (found === 'restart') await removeFile(path)
    const kept = await readCheckpoint(path).catch((error: unknown) => {
      if (found === 'if same') return null
      throw error
    })
    if (kept !== null && found === 'refuse')
      throw new RoentgenError('ROE_RUN_UNFINISHED', {
        where: path,
        rows: kept.state.standing.history.length,
        what: 'epochs',
      })
    return new Checkpoint(options, kept)
  }

  /** Where the fit of these facts stood, told once; null when it is to begin.
   *  @throws ROE_RESUME when what is there is of others, with what differs */
  stateOf(of: FitFacts): FitState | null {
    if (this.#found === null) return null
    const { of: was, state } = this.#found
    // It may be as large as the network, several times.
    this.#found = null
    const changes = withoutEchoes(differences(was, asRead(of)))
    if (changes.length === 0) {
      this.#onKept(state.standing.history.length)
      return state
    }
    if (this.#isPassedOver) return null
    throw new RoentgenError('ROE_RESUME', { where: this.path, changes })
  }

  /** @throws ROE_WRITE; the one before stays then */
  async keep(of: FitFacts, { standing, values }: FitState): Promise<void> {
    const lengthsOf = (tensors: readonly Float32Array[]) => tensors.map(({ length }) => length)
    const { weights, slots, best } = values
    const lengths = { weights: lengthsOf(weights), slots: lengthsOf(slots), best: lengthsOf(best) }
    const header = Buffer.from(JSON.stringify({ version: 1, of, standing, lengths }))
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32LE(header.length)
    const hash = createHash('sha256')
    const file = await WholeFile.create(this.path)
    try {
      for (const bytes of [length, header, ...PARTS.flatMap((part) => values[part].map(bytesOf))]) {
        hash.update(bytes)
        await file.write(bytes)
      }
      await file.write(hash.digest())
      await file.finish()
      this.#onKept(standing.history.length)
    } finally {
      await file.abandon()
    }
  }
}

/** @returns null where there is none   @throws ROE_RESUME when it is damaged */
async function readCheckpoint(path: string): Promise<Kept | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw damaged(path, error)
  })
  if (bytes === null) return null
  try {
    return decode(bytes)
  } catch (error) {
    if (hasCode(error, 'ROE_RESUME')) throw error
    throw damaged(path, error)
  }
}

function decode(bytes: Buffer): Kept {
  const end = bytes.length - DIGEST_BYTES
  const digest = createHash('sha256').update(bytes.subarray(0, end)).digest()
  if (!digest.equals(bytes.subarray(end))) throw new Error('its digest is another one')
  const begin = LENGTH_BYTES + bytes.readUInt32LE(0)
  const { of, standing, lengths } = HEADER.parse(JSON.parse(bytes.toString('utf8', LENGTH_BYTES, begin)))
  let at = begin
  const take = (length: number): Float32Array => {
    const size = length * Float32Array.BYTES_PER_ELEMENT
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + size))
    at += size
    return values
  }
  const [weights, slots, best] = PARTS.map((part) => lengths[part].map(take))
  return { of, state: { standing, values: { weights: weights!, slots: slots!, best: best! } } }
}

/** As JSON gives it back. */
const asRead = (of: FitFacts): unknown => JSON.parse(JSON.stringify(of))

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

const damaged = (where: string, cause: unknown): RoentgenError =>
  new RoentgenError('ROE_RESUME', { where, changes: ['this checkpoint cannot be read'] }, { cause })
