/** What conductor and worker say to each other. Paths go in, outputs and failures come out; no pixels cross. */
import type { Tap } from '../../converters/onnx/tap.ts'
import type { Preprocessing } from '../image/film.ts'
import type { Failure } from './failure.ts'
import type { FilmResult, Job } from './pipeline.ts'
import type { SessionOptions } from './session.ts'

/** How the worker sets itself up. Everything but `decoders`, `threads` and `ownCore` can change results. */
export interface Setup extends SessionOptions {
  /** Run one after the other over films that are decoded once. */
  models: readonly SetupModel[]
  /** Whether each film is run with its mirror image, and the results averaged. */
  tta?: 'flip' | null
  decoders?: number
  /** Whether the worker has one core of its own, and no more. */
  ownCore?: boolean
  /** Whether results say how long their films took. */
  timed?: boolean
}

interface SetupModel {
  /** Path of the ONNX file, or its bytes. */
  model: string | Uint8Array
  preprocessing: Preprocessing
  /** Names of its outputs that are wanted; all unless given. */
  outputs?: readonly string[]
  /** Values of inside that become outputs, behind the model's own. */
  taps?: readonly Tap[]
}

export type ToWorker =
  | { is: 'setup'; setup: Setup }
  /** A job for the queue; its results come back as one `results`, in the order of the jobs. */
  | { is: 'job'; job: Job }

export type FromWorker =
  /** All models are open. */
  | { is: 'ready' }
  | { is: 'results'; results: FilmResult[] }
  /** The worker cannot go on: the session does not open, or a fault of ours. */
  | { is: 'stopped'; error: Pick<Failure, 'code' | 'data'>; stack: string }
