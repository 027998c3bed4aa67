/** How the cores are shared in a run of `roentgen score`: as the run that goes on did, else as measured or by rule. */
import type { Inputs } from '../../data/inputs/inputs.ts'
import type { Shape } from '../../infer/shapes.ts'
import { machineNow, SAMPLE, type TuneRequest, type Tuning, tune } from '../../infer/tune.ts'

interface TuningRequest {
  setup: TuneRequest['setup']
  inputs: Inputs
  /** How many; null where they come in a stream, which is read once. */
  films: number | null
  /** What the user fixed; it wins over the run that goes on. */
  fixed: Partial<Shape>
  /** Seconds: see ConductOptions. */
  timeout: number
  /** Of the run that goes on. */
  before: Tuning | undefined
  /** Named ones; the first where none is. */
  devices: readonly number[]
}

/** @throws what opening a model throws, where shapes are measured */
export async function chooseTuning(request: TuningRequest): Promise<Tuning> {
  const { setup, inputs, films, fixed, timeout, before, devices } = request
  if (before !== undefined) return { ...before, ...fixed }
  const sample: string[] = []
  if (films !== null) for await (const { path } of inputs.films()) if (sample.push(path) >= SAMPLE) break
  const models = setup.models.map(({ model }) => model)
  const machine = await machineNow(models, setup.provider === 'cpu' ? [] : devices.length > 0 ? devices : [0])
  return tune({ setup, sample, films, machine, fixed, timeout })
}
