/** The process in which tfjs computes what a conversion is compared with: see `convert-reference.ts`. */
import { strict as assert } from 'node:assert'
import { answerRequests } from '../../converters/apart.ts'
import { referenceOf } from '../../converters/index.ts'
import { useWasmThreads } from '../../converters/wasm-threads.ts'
import { bothClasses } from './convert-facts.ts'
import type { ReferenceRequest } from './convert-reference.ts'
import { openSource, type Source } from './convert-source.ts'
import { useNativeReference } from './native-reference.ts'

let source: Source | undefined

/** What computes fastest on this machine. */
async function useFastest(): Promise<void> {
  if (!(await useNativeReference())) await useWasmThreads()
}

answerRequests<ReferenceRequest>(async (request) => {
  if (request.is === 'open') {
    ;[source] = await Promise.all([openSource(request.path, request.facts), useFastest()])
    return undefined
  }
  assert(source !== undefined, 'a model is opened before it runs')
  const { run } = source.signature
  return await referenceOf(request.isPair ? bothClasses(run) : run)(request.feeds, request.doubted)
})
