/** One ONNX Runtime session that takes films as uint8 batches of one fixed size: the last one is padded, so that a
 *  film's result does not depend on how many films there are. Knows nothing of labels; outputs are float32. */
import { strict as assert } from 'node:assert'
import { availableParallelism } from 'node:os'
import {
  type Engine,
  type InferenceSession,
  loadEngine,
  type Tensor,
} from '../../converters/onnx/onnxruntime.ts'
import { problemOf, RoentgenError } from '../../errors.ts'
import { chooseBatch } from './batch.ts'
import { demandProvider, lookAround, type ProviderName, providerNamed, withDevice } from './providers.ts'

export interface SessionOptions {
  /** cpu unless given. */
  provider?: ProviderName
  /** Number of the GPU, for providers that take one; the first unless given. */
  device?: number
  /** Whether NVIDIA's libraries may multiply fp32 with 11 bits, which is faster. */
  tf32?: boolean
  /** Threads of one operator; as many as the machine has cores unless given. */
  threads?: number
  /** Films a batch; what the model fixes, else DEFAULT_BATCH. */
  batch?: number
  /** Names of the outputs that are wanted; all unless given. */
  outputs?: readonly string[]
  /** Whether the graph is optimised before it runs, as far as ONNX Runtime can; it is unless said. */
  optimise?: boolean
  /** Writes down which provider ran which operator: how the file begins, its folder included. */
  profile?: string
}

interface Tensors {
  name: string
  /** As onnxruntime-node spells it: uint8, float32. */
  dtype: string
  /** Without the batch; -1 where the model leaves it open. */
  filmShape: readonly number[]
}

export interface Session {
  input: Tensors
  outputs: readonly Tensors[]
  /** Films a batch. */
  batch: number
  /** Bytes of one film of the input. */
  filmBytes: number
  /** Runs one batch. It holds this thread until it is done.
   *  @param pixels  NHWC; `batch` films are used in place, fewer are copied and padded with zeros
   *  @param count   how many of the films count, from the front
   *  @returns for each output `count` results in a row
   *  @throws ROE_INFERENCE */
  run: (pixels: Uint8Array, count: number) => Promise<Record<string, Float32Array>>
  /** What `profile` asked for is written, and ends. */
  endProfile: () => void
  close: () => Promise<void>
}

/** Opens a model for batches of films.
 *  @param model  path or bytes of an ONNX file with one uint8 input [N, height, width, channels], float32 outputs
 *  @param where  names the model in errors; its path, if that is what `model` is
 *  @throws ROE_PROVIDER, ROE_MODEL_INVALID, ROE_MODEL_INPUT, ROE_MODEL_OUTPUT, ROE_OPTION for a batch that does not fit */
export async function openSession(
  model: string | Uint8Array,
  { batch, outputs: wanted, ...options }: SessionOptions = {},
  where = typeof model === 'string' ? model : 'model',
): Promise<Session> {
  const engine = await loadEngine()
  const native = await create(engine, model, options, where)
  const [input, ...others] = native.inputMetadata.map(tensorsOf)
  const all = native.outputMetadata.map(tensorsOf)
  const outputs = wanted === undefined ? all : all.filter(({ name }) => wanted.includes(name))
  if (input === undefined || others.length > 0 || !takesFilms(input)) {
    const received = [input, ...others].map((tensor) => (tensor ? describe(tensor) : 'nothing')).join(' and ')
    throw new RoentgenError('ROE_MODEL_INPUT', {
      where,
      expected: 'one input uint8 [N, height, width, channels]',
      received,
    })
  }
  const wrong = outputs.find(({ dtype }) => dtype !== 'float32')
  if (wrong !== undefined)
    throw new RoentgenError('ROE_MODEL_OUTPUT', {
      where,
      expected: 'float32 outputs',
      received: describe(wrong),
    })
  const films = chooseBatch(fixedBatch(native.inputMetadata[0]), batch)
  const filmBytes = input.filmShape.reduce((size, side) => size * side, 1)
  return {
    input,
    outputs,
    batch: films,
    filmBytes,
    run: runner(engine, native, input, outputs, films, filmBytes, where),
    endProfile: () => native.endProfiling(),
    close: () => native.release(),
  }
}

async function create(
  engine: Engine,
  model: string | Uint8Array,
  options: Omit<SessionOptions, 'batch' | 'outputs'>,
  where: string,
): Promise<InferenceSession> {
  const {
    provider = 'cpu',
    tf32 = false,
    threads = availableParallelism(),
    optimise = true,
    profile,
  } = options
  const row = providerNamed(provider)
  demandProvider(row, lookAround(engine))
  if (!tf32) Object.assign(process.env, row.exactly)
  try {
    return await engine.open(model, {
      executionProviders: [withDevice(row, options.device)],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: optimise ? 'all' : 'disabled',
      logSeverityLevel: FATAL,
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    })
  } catch (cause) {
    throw openingError(cause, provider, where)
  }
}

// What ONNX Runtime throws it would also write on stderr.
const FATAL = 4

/** Without the line of ONNX Runtime's own source, and the condition there, that some of its messages begin with. */
const withoutPlace = (problem: string): string => problem.replace(/^\S+\.cc:\d+ .* was false\. /, '')

/** With a provider other than cpu, whatever is not said about the model speaks of the device. */
function openingError(cause: unknown, provider: ProviderName, where: string): RoentgenError {
  if (cause instanceof RoentgenError) return cause
  const problem = withoutPlace(problemOf(cause))
  if (provider === 'cpu' || /Load model|invalid model|INVALID_GRAPH|Protobuf/i.test(problem))
    return new RoentgenError('ROE_MODEL_INVALID', { where, problem }, { cause })
  const { advice } = providerNamed(provider)
  return new RoentgenError('ROE_PROVIDER', { where: provider, problem, advice }, { cause })
}

function tensorsOf(metadata: InferenceSession.ValueMetadata): Tensors {
  if (!metadata.isTensor) return { name: metadata.name, dtype: 'no tensor', filmShape: [] }
  const filmShape = metadata.shape.slice(1).map((size) => (typeof size === 'number' ? size : -1))
  return { name: metadata.name, dtype: metadata.type, filmShape }
}

const takesFilms = ({ dtype, filmShape }: Tensors): boolean =>
  dtype === 'uint8' && filmShape.length === 3 && filmShape.every((size) => size > 0)

const describe = ({ dtype, filmShape }: Tensors): string =>
  `${dtype} [N${filmShape.map((size) => `, ${size < 0 ? '?' : size}`).join('')}]`

function fixedBatch(input: InferenceSession.ValueMetadata | undefined): number | null {
  const first = input?.isTensor === true ? input.shape[0] : undefined
  return typeof first === 'number' ? first : null
}

function runner(
  { Tensor }: Engine,
  native: InferenceSession,
  input: Tensors,
  outputs: readonly Tensors[],
  batch: number,
  filmBytes: number,
  where: string,
): Session['run'] {
  const shape = [batch, ...input.filmShape]
  const names = outputs.map(({ name }) => name)
  let padded: Uint8Array | undefined
  return async (pixels, count) => {
    assert(count >= 1 && count <= batch, `a batch holds 1 to ${batch} films, not ${count}`)
    assert(
      pixels.length === batch * filmBytes || pixels.length === count * filmBytes,
      'pixels of whole films',
    )
    let full = pixels
    if (pixels.length < batch * filmBytes) {
      padded ??= new Uint8Array(batch * filmBytes)
      padded.set(pixels)
      padded.fill(0, pixels.length)
      full = padded
    }
    const feeds = { [input.name]: new Tensor('uint8', full, shape) }
    const results = await compute(native, feeds, names, where)
    return Object.fromEntries(outputs.map((output) => [output.name, cut(results[output.name], output)]))

    function cut(result: Tensor | undefined, output: Tensors): Float32Array {
      assert(result !== undefined && result.data instanceof Float32Array, 'float32 outputs')
      if (result.dims[0] === batch) return result.data.subarray(0, (result.data.length / batch) * count)
      const received = `${output.name} [${result.dims.join(', ')}]`
      throw new RoentgenError('ROE_MODEL_OUTPUT', { where, expected: `${batch} results a batch`, received })
    }
  }
}

async function compute(
  native: InferenceSession,
  feeds: InferenceSession.FeedsType,
  outputs: readonly string[],
  where: string,
) {
  try {
    return await native.run(feeds, outputs)
  } catch (cause) {
    throw new RoentgenError('ROE_INFERENCE', { where, problem: withoutPlace(problemOf(cause)) }, { cause })
  }
}
