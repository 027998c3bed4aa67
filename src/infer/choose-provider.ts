/** Which provider runs the models: the one that is named, if it can, or with `auto` the fastest that agrees with the cpu.
 *  Every provider but the cpu is tried first, on a batch of made-up films, so that a run does not end halfway, or
 *  silently run on the cpu. */
import { difference, isWithin, TOLERANCES } from '../../converters/difference.ts'
import { type Engine, loadEngine } from '../../converters/onnx/onnxruntime.ts'
import { RoentgenError } from '../../errors.ts'
import type { ModelFile } from './model-file.ts'
import { describeOperators, type Operators } from './operators.ts'
import {
  demandProvider,
  lookAround,
  missingPart,
  PROVIDERS,
  type ProviderName,
  providerNamed,
} from './providers.ts'
import { type Trial, type TrialRequest, tryModels } from './trial.ts'

export interface ChoiceOptions extends Pick<TrialRequest, 'device' | 'tf32' | 'threads' | 'batch'> {
  wanted: ProviderName | 'auto'
}

type Model = Pick<ModelFile, 'path' | 'precision'>

interface Task extends ChoiceOptions {
  models: readonly Model[]
}

/** What runs the models. Where any of it differs, results may differ in their last digits. */
export interface Chosen {
  provider: ProviderName
  engine: Pick<Engine, 'name' | 'version' | 'by'>
  /** What the trial showed, for each model; empty for a cpu that was not tried. */
  tried: readonly Tried[]
  /** Why not another one; empty unless `auto` was asked for. */
  passedOver: readonly { provider: ProviderName; why: string }[]
}

interface Tried {
  operators: Operators
  /** Largest difference from the cpu on the batch that was tried. */
  maxAbs: number
  /** Whether that is within TOLERANCES. */
  agrees: boolean
}

/** @throws ROE_PROVIDER when the provider that is named cannot run the models, and what opening them throws */
export async function chooseProvider(models: readonly Model[], choice: ChoiceOptions): Promise<Chosen> {
  const options = { ...choice, models }
  const { name, version, by, providers } = await loadEngine()
  const engine = { name, version, by }
  const place = lookAround({ name, providers })
  const { wanted } = options
  if (wanted === 'auto') {
    const missing = PROVIDERS.flatMap((row) => {
      const why = missingPart(row, place)
      return why === null ? [] : [{ provider: row.name, why }]
    })
    const there = PROVIDERS.filter((row) => missing.every(({ provider }) => provider !== row.name))
    return {
      engine,
      ...(await fastest(
        there.map((row) => row.name),
        missing,
        options,
      )),
    }
  }
  demandProvider(providerNamed(wanted), place)
  if (wanted === 'cpu') return { provider: 'cpu', engine, tried: [], passedOver: [] }
  const trials = await tryModels(request(wanted, false, options))
  const tried = compared(trials, await tryModels(request('cpu', false, options)), options)
  demandShare(wanted, tried)
  return { provider: wanted, engine, tried, passedOver: [] }
}

const request = (
  provider: ProviderName,
  timed: boolean,
  { models, device, tf32, threads, batch }: Task,
): TrialRequest => {
  const isCpu = provider === 'cpu'
  const given = Object.entries({ device: isCpu ? undefined : device, tf32, threads, batch })
  const paths = models.map(({ path }) => path)
  return {
    provider,
    models: paths,
    timed,
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
  }
}

/** A provider that took nothing did not run the model: the cpu did. */
function demandShare(provider: ProviderName, tried: readonly Tried[]): void {
  const none = tried.find(({ operators }) => operators.taken === 0)
  if (none === undefined) return
  const problem = `it takes none of the model's ${none.operators.all} operators`
  throw new RoentgenError('ROE_PROVIDER', { where: provider, problem, advice: 'use --provider cpu' })
}

function compared(
  trials: readonly Trial[],
  onCpu: readonly Trial[],
  { models, tf32 = false }: Task,
): Tried[] {
  return trials.map(({ operators, outputs }, i) => {
    const differences = outputs.map((output, j) => difference([[onCpu[i]!.outputs[j]!, output]]))
    // TF32 keeps as many bits as half precision.
    const tolerance = TOLERANCES[tf32 ? 'fp16' : models[i]!.precision]
    return {
      operators,
      maxAbs: Math.max(...differences.map(({ maxAbs }) => maxAbs)),
      agrees: differences.every((found) => isWithin(found, tolerance)),
    }
  })
}

type PassedOver = Chosen['passedOver'][number]
type Choice = Omit<Chosen, 'engine'>

/** @param there  candidates, the cpu among them   @param missing  those that are not even tried */
async function fastest(
  there: readonly ProviderName[],
  missing: readonly PassedOver[],
  options: Task,
): Promise<Choice> {
  if (there.length === 1) return { provider: 'cpu', tried: [], passedOver: missing }
  const onCpu = await tryModels(request('cpu', true, options))
  const passedOver = [...missing]
  let best = { provider: 'cpu' as ProviderName, tried: compared(onCpu, onCpu, options), ms: total(onCpu) }
  for (const provider of there.filter((name) => name !== 'cpu')) {
    const found = await tryAgainst(onCpu, provider, options)
    if (typeof found === 'string') passedOver.push({ provider, why: found })
    else if (found.ms < best.ms) {
      if (best.provider !== 'cpu')
        passedOver.push({ provider: best.provider, why: slower(best.ms, found.ms) })
      best = { provider, ...found }
    } else passedOver.push({ provider, why: slower(found.ms, best.ms) })
  }
  if (best.provider !== 'cpu') passedOver.push({ provider: 'cpu', why: slower(total(onCpu), best.ms) })
  return { provider: best.provider, tried: best.tried, passedOver }
}

const total = (trials: readonly Trial[]): number =>
  trials.reduce((sum, { batchMs }) => sum + (batchMs ?? Number.NaN), 0)

const slower = (ms: number, bestMs: number): string => `it is ${(ms / bestMs).toFixed(1)} times slower`

/** @returns why it is passed over, or how it did */
async function tryAgainst(onCpu: readonly Trial[], provider: ProviderName, options: Task) {
  try {
    const trials = await tryModels(request(provider, true, options))
    const tried = compared(trials, onCpu, options)
    demandShare(provider, tried)
    const differing = tried.find(({ agrees }) => !agrees)
    return differing === undefined ? { tried, ms: total(trials) } : disagreement(differing)
  } catch (error) {
    if (error instanceof RoentgenError) return error.reason
    throw error
  }
}

const disagreement = ({ maxAbs }: Tried): string =>
  `it differs from the cpu by ${maxAbs.toExponential(1)}, more than rounding explains`

/** `webgpu`, `cpu (onnxruntime-web, wasm)`. */
export const describeProvider = ({ provider, engine }: Pick<Chosen, 'provider' | 'engine'>): string =>
  engine.by === null ? provider : `${provider} (${engine.name}, ${engine.by})`

/** What a user should know of the choice, a line each; nothing for a plain cpu. */
export function describeChoice({ provider, tried, passedOver }: Chosen): string[] {
  const runs = provider === 'cpu' ? [] : tried
  return [
    ...runs.map((run) => {
      const far = run.agrees
        ? `within ${run.maxAbs.toExponential(1)} of the cpu`
        : `but ${disagreement(run)}: check its driver before you trust it`
      return `${provider} runs ${describeOperators(run.operators)}; ${far}`
    }),
    ...passedOver.map(({ provider, why }) => `not ${provider}: ${why}`),
  ]
}
