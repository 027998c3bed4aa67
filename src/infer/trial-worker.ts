/** The process in which a provider is tried on models: see `trial.ts`. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerRequests } from '../../converters/apart.ts'
import { loadEngine } from '../../converters/onnx/onnxruntime.ts'
import { seededRandom } from '../../random.ts'
import { type Event, operatorsOf } from './operators.ts'
import { openSession, type Session } from './session.ts'
import type { Output, Trial, TrialRequest } from './trial.ts'

answerRequests<TrialRequest>(async ({ models, timed, ...options }) => {
  const { logErrors } = await loadEngine()
  logErrors()
  const trials: Trial[] = []
  for (const model of models) trials.push(await tryOne(model, timed, options))
  return trials
})

async function tryOne(
  model: string | Uint8Array,
  timed: boolean,
  options: Omit<TrialRequest, 'models' | 'timed'>,
): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'roentgen-trial-'))
  try {
    const session = await openSession(model, { ...options, profile: join(folder, 'operators') })
    const films = trialFilms(session)
    const outputs = outputsOf(session, await session.run(films, session.batch))
    session.endProfile()
    const batchMs = timed ? await medianMs(session, films) : null
    await session.close()
    return { outputs, batchMs, operators: operatorsOf(await eventsIn(folder), options.provider) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function eventsIn(folder: string): Promise<Event[]> {
  const [name] = await readdir(folder)
  return name === undefined ? [] : JSON.parse(await readFile(join(folder, name), 'utf8'))
}

/** Made-up films: noise of falling strength about a rising grey, so that not all of them saturate the model. */
function trialFilms({ batch, filmBytes }: Session): Uint8Array {
  const random = seededRandom(1)
  return Uint8Array.from({ length: batch * filmBytes }, (_, at) => {
    const film = Math.floor(at / filmBytes)
    return 64 + 32 * (film % 5) + (random() - 0.5) * 128 * 0.5 ** (film % 4)
  })
}

const outputsOf = ({ batch, outputs }: Session, results: Record<string, Float32Array>): Output[] =>
  outputs.map(({ name }) => {
    const data = results[name]!.slice()
    return { shape: [batch, data.length / batch], data }
  })

/** At least 3 runs and half a second, unless that takes more than 3 seconds. */
async function medianMs(session: Session, films: Uint8Array): Promise<number> {
  const times: number[] = []
  const begun = performance.now()
  for (;;) {
    const start = performance.now()
    await session.run(films, session.batch)
    const end = performance.now()
    times.push(end - start)
    const isEnough = times.length >= 3 && end - begun > 500
    if (isEnough || end - begun > 3000) break
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1]!
}
