/** The process in which tfjs computes what a conversion is compared with: see `convert-reference.ts`. */
import { strict as assert } from 'node:assert'
import { answerRequests } from '../../converters/apart.ts'
import { referenceOf } from '../../converters/reference.ts'
import { useFastest } from '../native/use-fastest.ts'
import { bothClasses, withSaidInput } from './convert-facts.ts'
import type { OpenedModel, ReferenceRequest, ShownModel } from './convert-reference.ts'
import { openSource, type Source } from './convert-source.ts'

let source: Source | undefined

const shown = ({ model, signature: { inputs, outputs } }: Source): ShownModel => ({
  format: model.format,
  inputs,
  outputs,
})

answerRequests<ReferenceRequest>(async (request) => {
  if (request.is === 'open') {
    const opened = openSource(request.path, request.facts)
    const [read, problem] = await Promise.all([opened, useFastest(request.withNative)])
    source = read
    return { ...shown(read), problem } satisfies OpenedModel
  }
  assert(source !== undefined, 'a model is opened before it runs')
  const { model, signature } = source
  if (request.is === 'columns') {
    const { columnsOf } = await import('./columns.ts')
    return await columnsOf(signature, model)
  }
  if (request.is === 'behind') {
    source = { model, signature: withSaidInput(model, request.facts) }
    return shown(source)
  }
  const { run } = signature
  return await referenceOf(request.isPair ? bothClasses(run) : run)(request.feeds, request.doubted)
})
