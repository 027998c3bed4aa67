/** One part of scoring alone, as fast as this toolkit has it, for `bench/own/score`: decoding and preprocessing without a
 *  model, or a model on one prepared batch. Prints {films, cpuSeconds, wallSeconds} as JSON.
 *  Run: node dist/scripts/score-part.js MODEL FOLDER --part decode|infer [--seconds 5] [--threads 1] */
import { strict as assert } from 'node:assert'
import { parseArgs } from 'node:util'
import { filmsBelow } from '../bench/score-run.ts'
import { decodeBytes, decodeFilm, lookAtFilm, readFilmBytes } from '../src/image/decode.ts'
import { QuickFiles } from '../src/image/file-calls.ts'
import { giveBack } from '../src/image/lent.ts'
import { preprocess, takesLuma } from '../src/image/preprocess.ts'
import { limiter } from '../src/infer/ahead.ts'
import { chooseBatch } from '../src/infer/batch.ts'
import { letHeapGrow } from '../src/infer/heap.ts'
import { openModelFile } from '../src/infer/model-file.ts'
import { openSession } from '../src/infer/session.ts'
import { DECODERS } from '../src/infer/shapes.ts'

/** As a run has it that is not told otherwise. */
const BATCH = chooseBatch(null, undefined)
/** Rounds that do not count: code is compiled, caches fill. */
const WARM_UP = 0.3

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    part: { type: 'string', default: 'decode' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
  },
})
const [path = '', folder = ''] = positionals
letHeapGrow() // as a worker does
const model = await openModelFile(path)
const films = filmsBelow(folder)

/** A round over `BATCH` films. */
const PARTS = {
  decode: async () => {
    const limited = limiter(DECODERS)
    const quick = new QuickFiles()
    let next = 0
    // As src/infer/pipeline.ts does it.
    const one = async (at: number) => {
      const path = films[at % films.length]!
      const calls = quick.next()
      const bytes = await readFilmBytes(path, await lookAtFilm(path, calls), calls)
      const film = await decodeBytes(bytes, path, {
        tinted: takesLuma(model.preprocessing) ? 'luma' : 'colours',
        holds: true, // as a worker with a core of its own does
      })
      giveBack(bytes)
      giveBack(preprocess(film, model.preprocessing).pixels)
      giveBack(film.pixels)
    }
    return () => Promise.all(Array.from({ length: BATCH }, () => limited(() => one(next++))))
  },
  infer: async () => {
    const session = await openSession(path, { threads: Number(values.threads), batch: BATCH })
    const pixels = new Uint8Array(BATCH * session.filmBytes)
    for (let i = 0; i < BATCH; i++) {
      const film = preprocess(await decodeFilm(films[i % films.length]!), model.preprocessing)
      pixels.set(film.pixels, i * session.filmBytes)
    }
    return () => session.run(pixels, BATCH)
  },
}

const part = PARTS[values.part as keyof typeof PARTS]
assert(part !== undefined, `--part is one of ${Object.keys(PARTS).join(', ')}`)
const round = await part()
await repeat(Number(values.seconds) * WARM_UP)
process.stdout.write(`${JSON.stringify(await repeat(Number(values.seconds)))}\n`)

async function repeat(seconds: number) {
  const [cpu, begun] = [process.cpuUsage(), performance.now()]
  let rounds = 0
  // Whole turns through the films, so that large ones and small ones have their share.
  const turn = values.part === 'decode' ? Math.ceil(films.length / BATCH) : 1
  while (performance.now() - begun < 1000 * seconds || rounds % turn > 0) {
    await round()
    rounds++
  }
  const { user, system } = process.cpuUsage(cpu)
  const wallSeconds = (performance.now() - begun) / 1000
  return { films: rounds * BATCH, cpuSeconds: (user + system) / 1e6, wallSeconds }
}
