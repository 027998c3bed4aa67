/** The entry of a worker process: a whole pipeline, paths in, results out. A process and not a thread, since a native
 *  abort takes its whole process along. It ends when the conductor does. */
import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { endWithParent } from '../../converters/end-with-parent.ts'
import { tapName, withTaps } from '../../converters/onnx/tap.ts'
import { factsOf } from './failure.ts'
import { letHeapGrow } from './heap.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { mirroredSession } from './mirrored-session.ts'
import { type Job, type PipelineModel, runJobs } from './pipeline.ts'
import { Queue } from './queue.ts'
import { openSession } from './session.ts'
import { sufferHooks } from './test-hooks.ts'

const messages = new Queue<ToWorker>()
process.on('message', (message: ToWorker) => messages.push(message))
endWithParent()
letHeapGrow()

try {
  await work()
} catch (error) {
  await send({
    is: 'stopped',
    error: factsOf(error, 'worker'),
    stack: error instanceof Error ? (error.stack ?? '') : '',
  })
  process.disconnect?.()
}

async function work(): Promise<void> {
  const first = await messages.next()
  assert(first.value?.is === 'setup', 'a worker is set up first')
  const { models, decoders, ownCore = false, tta, timed = false, ...options } = first.value.setup
  const opened: PipelineModel[] = []
  for (const { model, preprocessing, taps = [], outputs } of models) {
    const wanted = outputs && { outputs: [...outputs, ...taps.map((_, i) => tapName(i))] }
    const session =
      taps.length === 0
        ? await openSession(model, { ...options, ...wanted })
        : await openSession(withTaps(await bytesOf(model), taps), { ...options, ...wanted }, String(model))
    opened.push({ session: tta === 'flip' ? mirroredSession(session) : session, preprocessing })
  }
  if (options.provider !== undefined && options.provider !== 'cpu') await warmUp(opened)
  await send({ is: 'ready' })
  const pipeline = { timed, ownCore, ...(decoders !== undefined && { decoders }) }
  for await (const results of runJobs(jobs(), opened, pipeline)) await send({ is: 'results', results })
}

async function bytesOf(model: string | Uint8Array): Promise<Uint8Array> {
  return typeof model === 'string' ? await readFile(model) : model
}

/** Providers that compile do so on their first run: a part of opening, not of the first film's time. */
async function warmUp(models: readonly PipelineModel[]): Promise<void> {
  for (const { session } of models)
    await session.run(new Uint8Array(session.batch * session.filmBytes), session.batch)
}

async function* jobs(): AsyncGenerator<Job> {
  for await (const message of messages) {
    assert(message.is === 'job', 'after the setup there are only jobs')
    sufferHooks(message.job.paths)
    yield message.job
  }
}

function send(message: FromWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)))
  })
}
