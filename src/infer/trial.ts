/** Whether a provider runs models here, and how: only opening and running them tells. That may abort or hang in a
 *  driver, so a process of its own tries, with a limit. */
import { Apart, builtFile, DiedApart } from '../../converters/apart.ts'
import { Draft } from '../../converters/graph/draft.ts'
import { DTYPE_NUMBERS } from '../../converters/graph/operators.ts'
import { encodeModel } from '../../converters/onnx/encode.ts'
import { problemOf, RoentgenError } from '../../errors.ts'
import type { Operators } from './operators.ts'
import { type Provider, type ProviderName, providerNamed } from './providers.ts'
import type { SessionOptions } from './session.ts'

export interface TrialRequest extends Omit<SessionOptions, 'profile'> {
  provider: ProviderName
  /** Paths of ONNX files, or their bytes. */
  models: readonly (string | Uint8Array)[]
  /** Whether it is also timed, to be compared with others. */
  timed: boolean
}

/** Results of a batch of made-up films, the same ones each time. */
export interface Output {
  shape: readonly number[]
  data: Float32Array
}

/** What a provider did with a model. */
export interface Trial {
  outputs: readonly Output[]
  operators: Operators
  /** Milliseconds a batch, the median; null when it was not timed. */
  batchMs: number | null
}

const ENTRY = builtFile('trial-worker', import.meta.url, 2)

/** Runs a batch of made-up films through each model.
 *  @returns what became of each
 *  @throws ROE_PROVIDER when the provider cannot; what is said of the model itself (ROE_MODEL_INVALID and others) */
export async function tryModels(request: TrialRequest): Promise<Trial[]> {
  const provider: Provider = providerNamed(request.provider)
  const patienceMs = provider.patienceMs[request.timed ? 'auto' : 'named']
  const apart = new Apart(ENTRY)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    apart.stop()
  }, patienceMs)
  try {
    return await apart.ask<Trial[]>(request)
  } catch (error) {
    const late = `it had not run a batch after ${patienceMs / 1000} s`
    throw trialError(error, provider, isLate ? late : undefined, await apart.end())
  } finally {
    clearTimeout(timer)
    apart.stop()
  }
}

/** @param said  what the process wrote on stderr: ONNX Runtime says there which library it did not find */
function trialError(error: unknown, provider: Provider, late: string | undefined, said: string): unknown {
  const refuse = (problem: string) => {
    const { name, needs, advice } = provider
    const toDo = needs === null ? advice : `it needs ${needs}; ${advice}`
    return new RoentgenError('ROE_PROVIDER', { where: name, problem, advice: toDo }, { cause: error })
  }
  if (late !== undefined) return refuse(late)
  if (error instanceof DiedApart) return refuse(`${problemOf(error)} while it was tried`)
  if (!(error instanceof RoentgenError)) return error
  if (error.code === 'ROE_INFERENCE') return refuse(`it cannot run the model (${error.reason})`)
  if (error.code !== 'ROE_PROVIDER') return error
  const detail = /with error: (.*)/.exec(said)?.[1]
  return refuse(detail === undefined ? error.reason : `${error.reason} (${detail})`)
}

/** Tries a provider on the smallest of models.
 *  @returns null when it runs, else what went wrong */
export async function tryProvider(provider: ProviderName): Promise<string | null> {
  try {
    await tryModels({ provider, models: [smallestModel()], timed: false, threads: 1, batch: 1 })
    return null
  } catch (error) {
    if (error instanceof RoentgenError) return error.reason
    throw error
  }
}

/** One pixel in, the same pixel as a float out. */
function smallestModel(): Uint8Array {
  const draft = new Draft()
  draft.input('film', { dtype: 'uint8', shape: [1, 1, 1, 1] })
  draft.outputs = [draft.add('Cast', ['film'], { to: DTYPE_NUMBERS.float32 }, 'same')]
  return encodeModel(draft.freeze())
}
