/** One visit: a process that runs one case once, and another one that only opens the model without optimising it, since
 *  what one process has opened it opens faster the second time. */
import { loadavg } from 'node:os'
import type { Case, Sample } from '../../../bench/results.ts'
import type { Rules } from '../../../bench/scenarios.ts'
import { Apart, builtFile } from '../../../converters/apart.ts'
import { sessionEnvironment } from '../../../converters/onnx/session-environment.ts'
import type { Chosen } from '../../infer/choose-provider.ts'
import type { ModelFile } from '../../infer/model-file.ts'
import type { ProviderName } from '../../infer/providers.ts'
import { planScoring, type Scoring } from '../../infer/scoring.ts'

/** What a process of its own is asked for. */
export interface VisitRequest extends Pick<Case, 'scenario' | 'batch' | 'threads'> {
  /** Whether the model is only opened, without optimising. */
  only: 'opening' | null
  model: Pick<ModelFile, 'path' | 'preprocessing'> & { output: string }
  scoring: Scoring
  provider: ProviderName
  rules: Rules
  /** Paths, in `end-to-end`. */
  films: readonly string[]
}

export interface Opened {
  /** From the start of the process, and from the call that loads ONNX Runtime and opens the model. */
  processMs: number
  openMs: number
}

/** What such a process says of a whole visit. */
export interface Visited
  extends Pick<Sample, 'latenciesMs' | 'wallMs' | 'cpuMs' | 'peakBytes' | 'parts' | 'gpu'> {
  opened: Opened
  firstRunMs: number
}

export interface VisitOptions {
  case: Case
  round: number
  file: ModelFile
  chosen: Chosen
  rules: Rules
  films: readonly string[]
  /** When the suite began, as Date counts. */
  began: number
  /** Ends the process of the visit. */
  signal: AbortSignal
}

const ENTRY = builtFile('visit-worker', import.meta.url, 3)

/** Beside ten times what a visit should last: whoever takes longer hangs. */
const PATIENCE_MS = 900_000

/** @throws what opening or running the model throws; DiedApart when the process dies or hangs */
export async function visitCase(options: VisitOptions): Promise<Sample> {
  const { case: one, round, file, chosen, rules, films, began, signal } = options
  const { path, preprocessing, outputs } = file
  const request: Omit<VisitRequest, 'only'> = {
    ...{ scenario: one.scenario, batch: one.batch, threads: one.threads },
    model: { path, preprocessing, output: outputs[0]!.name },
    scoring: planScoring([file]),
    provider: chosen.provider,
    rules,
    films: one.scenario === 'end-to-end' ? films : [],
  }
  // Where the clock was set back meanwhile.
  const startedMs = Math.max(0, Date.now() - began)
  const [load] = loadavg()
  const plain = await ask<Opened>({ ...request, only: 'opening' }, signal)
  const { opened, firstRunMs, ...measured } = await ask<Visited>({ ...request, only: null }, signal)
  const optimiseMs = Math.max(0, opened.openMs - plain.openMs)
  return {
    ...{ case: one, round, startedMs },
    // Windows tells none, and Node says 0 there.
    loadBefore: process.platform === 'win32' ? null : load!,
    cold: { loadMs: Math.max(0, opened.processMs - optimiseMs), optimiseMs, firstRunMs },
    ...measured,
    films: one.batch,
    provider: {
      name: chosen.provider,
      version: `${chosen.engine.name} ${chosen.engine.version}`,
      passedOver: chosen.passedOver.map(({ provider, why }) => `${provider}: ${why}`),
      share: shareOf(chosen),
    },
  }
}

function shareOf({ provider, tried: [first] }: Chosen): number | null {
  if (provider === 'cpu') return 1
  return first === undefined ? null : first.operators.taken / first.operators.all
}

async function ask<Answer>(request: VisitRequest, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted()
  const apart = new Apart(ENTRY, sessionEnvironment(process.env))
  const stop = () => apart.dismiss()
  signal.addEventListener('abort', stop, { once: true })
  const { warmUpMs, minDurationMs } = request.rules
  const timer = setTimeout(() => apart.stop(), PATIENCE_MS + 10 * (warmUpMs + minDurationMs))
  try {
    return await apart.ask<Answer>(request)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    apart.stop()
  }
}
