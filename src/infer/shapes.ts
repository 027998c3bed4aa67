/** The shapes that a run can have: how many workers, threads and decoders, as cores and memory allow. Pure. */

/** None of it changes a result. */
export interface Shape {
  /** Worker processes. */
  workers: number
  /** Threads of one operator, in each worker. */
  threads: number
  /** Films decoded at the same time, in each worker. */
  decoders: number
}

export interface Machine {
  cores: number
  /** Memory that is free. */
  freeBytes: number
  /** Weights of all models of the run. */
  modelBytes: number
  /** GPUs to run on; empty for the cpu. */
  devices?: readonly number[]
}

/** A worker is Node, ONNX Runtime and its buffers, and the weights about twice: as read, and as arranged for the cpu. */
const WORKER_BYTES = 150 * 2 ** 20
const WEIGHTS_TIMES = 2

/** Of the free memory; the rest is for films that are large, and for others. */
const MEMORY_SHARE = 0.5

/** Batches a worker should have to be worth starting. */
const BATCHES_A_WORKER = 4

/** Films decoded at the same time in a worker of few threads. A run of a batch holds the worker's main thread, and what was
 *  begun before goes on meanwhile on others, reading at least; with two films begun the cores waited, 0.89 of what they could
 *  do instead of 0.96 (`bench/own/score`, MobileNet 0.25). */
export const DECODERS = 16

/** What the first of the shapes is. */
export const RULE = 'a worker for each core, or two for each device, as far as memory and films go'

/** The shapes worth trying: many workers of one thread down to one of many, within what the user fixed.
 *  @param batches  of the run; Infinity when unknown
 *  @returns at least one; the first is taken where nothing is measured */
export function shapesFor(
  machine: Machine,
  fixed: Partial<Shape>,
  batches: number,
): readonly [Shape, ...Shape[]] {
  const { cores } = machine
  const most =
    fixed.workers ?? Math.max(1, Math.min(mostWorkers(machine), Math.floor(batches / BATCHES_A_WORKER)))
  const least = machine.devices?.length ?? 0
  const counts =
    fixed.workers === undefined ? halvings(most).filter((count) => count >= Math.min(least, most)) : [most]
  const [first, ...others] = counts.map((workers) => shapeWith(workers, cores, fixed))
  return [first!, ...others]
}

const shapeWith = (workers: number, cores: number, fixed: Partial<Shape>): Shape => {
  const share = Math.max(1, Math.floor(cores / workers))
  return { workers, threads: share, decoders: Math.max(DECODERS, share), ...fixed }
}

/** As many as cores, or two a device, as memory allows. */
function mostWorkers({ cores, freeBytes, modelBytes, devices = [] }: Machine): number {
  const each = WORKER_BYTES + WEIGHTS_TIMES * modelBytes
  const fitting = Math.max(1, Math.floor((MEMORY_SHARE * freeBytes) / each))
  return Math.min(devices.length === 0 ? cores : 2 * devices.length, fitting)
}

/** How many counts of workers are tried. */
const COUNTS = 3

/** 8, 4, 2. */
const halvings = (most: number): number[] =>
  Array.from({ length: COUNTS }, (_, i) => Math.floor(most / 2 ** i)).filter((count) => count >= 1)

export const shapeText = ({ workers, threads, decoders }: Shape): string =>
  `${workers} x ${threads} threads, ${decoders} decoders`
