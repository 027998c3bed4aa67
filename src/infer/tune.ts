/** How many worker processes, threads of a model and decoders a run takes: by a rule, unless another shape is measured to be
 *  clearly faster on its own first films, whose results are thrown away; a short run would not gain from that. None of it
 *  changes a result. */
import { stat } from 'node:fs/promises'
import { availableParallelism, freemem } from 'node:os'
import { conduct } from './conductor.ts'
import type { Setup } from './messages.ts'
import { Queue } from './queue.ts'
import { type Machine, RULE, type Shape, shapesFor, shapeText } from './shapes.ts'

/** What a run takes, and why in a few words. */
export interface Tuning extends Shape {
  why: string
}

/** A shape that was tried. */
export interface Trial extends Shape {
  filmsPerSecond: number
}

export interface TuneRequest {
  setup: Setup & { batch: number }
  /** The first films of the run, as many as there are up to SAMPLE. */
  sample: readonly string[]
  /** How many films the run has; null when that is not known. */
  films: number | null
  machine: Machine
  /** What the user fixed. */
  fixed: Partial<Shape>
  /** Of the run: see ConductOptions. */
  timeout?: number | undefined
  /** Measure however few films there are. */
  isForced?: boolean
}

/** Films that are measured on, over and over. */
export const SAMPLE = 64

/** Batches a run has at least where its shape is measured: what measuring costs should be little beside it. */
const WORTH_BATCHES = 2000

/** How long a shape is measured, in milliseconds, and how often. */
const MEASURE_MS = 250
const ROUNDS = 2

/** How much faster than all others a shape is that needs no second round. */
const CLEAR = 1.25

/** How much faster than the rule's shape another is that is taken instead: one shape, measured twice for so short a time,
 *  differs by as much on a machine with other work. */
const WORTH = 1.1

/** Chooses the shape of a run.
 *  @param onTrial  is told each shape that was tried, with the best of its rounds
 *  @throws what opening the model throws */
export async function tune(request: TuneRequest, onTrial?: (trial: Trial) => void): Promise<Tuning> {
  const { setup, sample, films, machine, fixed, isForced = false } = request
  const batches = films === null ? Number.POSITIVE_INFINITY : Math.ceil(films / setup.batch)
  const shapes = shapesFor(machine, fixed, batches)
  const [first] = shapes
  if (shapes.length === 1) return { ...first, why: fixed.workers === undefined ? RULE : 'as asked' }
  const isWorth = isForced || (batches >= WORTH_BATCHES && sample.length >= setup.batch)
  if (!isWorth || sample.length === 0) return { ...first, why: `${RULE}; too few films to measure` }
  const trials = await measure(shapes, request)
  for (const trial of trials) onTrial?.(trial)
  const best = chosenOf(trials)
  const { filmsPerSecond, ...shape } = best
  const others = trials.filter((trial) => trial !== best).map(trialText)
  return { ...shape, why: `measured: ${trialText(best)}; ${others.join('; ')}` }
}

/** @param trials  the first is the rule's; it stays unless another is worth the change */
export function chosenOf(trials: readonly Trial[]): Trial {
  const [ruled, ...others] = trials as readonly [Trial, ...Trial[]]
  const fastest = others.reduce((a, b) => (b.filmsPerSecond > a.filmsPerSecond ? b : a), ruled)
  return fastest.filmsPerSecond >= WORTH * ruled.filmsPerSecond ? fastest : ruled
}

export const trialText = (trial: Trial): string =>
  `${shapeText(trial)}: ${trial.filmsPerSecond.toFixed(0)} films a second`

/** Shapes in turn, and each again in the next round, unless one is clearly the fastest: what slows the machine for a
 *  while meets all of them. */
async function measure(shapes: readonly Shape[], request: TuneRequest): Promise<Trial[]> {
  const best = shapes.map(() => 0)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, shape] of shapes.entries()) best[i] = Math.max(best[i]!, await rateOf(shape, request))
    const [first, second] = best.toSorted((a, b) => b - a)
    if (first! > CLEAR * second!) break
  }
  return shapes.map((shape, i) => ({ ...shape, filmsPerSecond: best[i]! }))
}

/** Films a second, from the first result of all workers on: opening is not counted. */
async function rateOf(
  { workers, threads, decoders }: Shape,
  { setup, sample, timeout }: TuneRequest,
): Promise<number> {
  const films = new Queue<string>()
  const push = (batches: number) => {
    for (let i = 0; i < batches * setup.batch; i++) films.push(sample[i % sample.length]!)
  }
  // Each worker opens, and has its decoders busy, before time counts.
  const warmUp = 2 * workers
  push(3 * warmUp)
  let [count, begun] = [0, 0]
  for await (const _ of conduct(films, { ...setup, threads, decoders }, { workers, timeout })) {
    count += 1
    if (count % setup.batch === 0) push(1)
    if (count === warmUp * setup.batch) begun = performance.now()
    const elapsedMs = performance.now() - begun
    const batches = count / setup.batch - warmUp
    if (begun > 0 && elapsedMs >= MEASURE_MS && batches >= 2 * workers && Number.isInteger(batches))
      return (1000 * batches * setup.batch) / elapsedMs
  }
  return 0
}

/** The machine as it is now, for models that lie in files. */
export async function machineNow(
  models: readonly (string | Uint8Array)[],
  devices: readonly number[] = [],
): Promise<Machine> {
  const sizes = await Promise.all(
    models.map(async (model) => (typeof model === 'string' ? (await stat(model)).size : model.length)),
  )
  const modelBytes = sizes.reduce((sum, size) => sum + size, 0)
  return { cores: availableParallelism(), freeBytes: freeBytes(), modelBytes, devices }
}

/** What this process may still take: less than is free where it lives in a container. */
function freeBytes(): number {
  const available = process.availableMemory?.() ?? 0
  return available > 0 ? available : freemem()
}
