/** The process of a visit: opens one model, runs it as its case says, and is gone: see `visit.ts`. */
import { closedLoop, fewestQueriesOf } from '../../../bench/scenarios.ts'
import { answerRequests } from '../../../converters/apart.ts'
import { seededRandom } from '../../../random.ts'
import { withTemporaryFolder } from '../../../whole-file.ts'
import { openSession, type Session } from '../../infer/session.ts'
import type { EndToEnd } from './end-to-end.ts'
import { watchGpu } from './gpu.ts'
import type { Opened, Visited, VisitRequest } from './visit.ts'

answerRequests<VisitRequest>(async (request) => {
  const { session, ...opened } = await open(request)
  if (request.only === 'opening') return opened
  if (request.scenario !== 'end-to-end') return measure(session, opened, request)
  return withTemporaryFolder((folder) => measure(session, opened, request, folder))
})

async function open({
  only,
  model,
  provider,
  batch,
  threads,
}: VisitRequest): Promise<Opened & { session: Session }> {
  const begun = performance.now()
  const session = await openSession(model.path, {
    ...{ provider, batch, threads },
    optimise: only === null,
    outputs: [model.output],
  })
  const processMs = performance.now()
  return { session, processMs, openMs: processMs - begun }
}

/** @param folder  for what `end-to-end` writes */
async function measure(
  session: Session,
  opened: Opened,
  request: VisitRequest,
  folder?: string,
): Promise<Visited> {
  const { batch, provider, rules } = request
  const pixels = madeUpPixels(batch * session.filmBytes)
  const begun = performance.now()
  await session.run(pixels, batch)
  const firstRunMs = performance.now() - begun
  const endToEnd = folder === undefined ? null : await fromFiles(session, request, folder)
  const query = endToEnd?.query ?? (() => session.run(pixels, batch))
  await closedLoop(query, { minDurationMs: rules.warmUpMs, minQueries: 1 })
  const gpuOf = provider === 'cpu' ? () => null : watchGpu()
  const cpu = process.cpuUsage()
  const minQueries = fewestQueriesOf(rules, request)
  const { latenciesMs, wallMs } = await closedLoop(query, { ...rules, minQueries })
  const cpuMs = cpuMsSince(cpu)
  const [gpu, peakBytes] = [gpuOf(), process.resourceUsage().maxRSS * 1024]
  const parts = await partsOf(endToEnd)
  return {
    opened,
    firstRunMs,
    latenciesMs: latenciesMs.map(toNanoseconds),
    wallMs,
    cpuMs,
    peakBytes,
    parts,
    gpu,
  }
}

/** What decodes films takes time and memory, which other scenarios do not have. */
async function fromFiles(session: Session, request: VisitRequest, folder: string): Promise<EndToEnd> {
  const { openEndToEnd } = await import('./end-to-end.ts')
  return openEndToEnd(session, request, folder)
}

async function partsOf(endToEnd: EndToEnd | null): Promise<Visited['parts']> {
  if (endToEnd === null) return null
  try {
    return await endToEnd.parts()
  } finally {
    await endToEnd.close()
  }
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Digits beyond what the clock tells would only make the files longer. */
const toNanoseconds = (ms: number): number => Math.round(ms * 1e6) / 1e6

/** Noise, the same each time: how fast a network is does not depend on what it is shown. */
function madeUpPixels(length: number): Uint8Array {
  const random = seededRandom(1)
  return Uint8Array.from({ length }, () => random() * 256)
}
