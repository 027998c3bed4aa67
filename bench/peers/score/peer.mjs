/** What the peers in Node share: films in turn until the time is up. A peer prints {films, seconds} as JSON, counted behind
 *  the first second. Run as: node loop.mjs MODEL LIST SECONDS */
import { readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'

export { InferenceSession, sharp, Tensor }
export const SIZE = 224
const WARM_UP_SECONDS = 1

const [, , , list, seconds] = process.argv
const films = readFileSync(list, 'utf8').split('\n').filter(Boolean)
let at = 0
const next = () => films[at++ % films.length]

/** @param count  films of a round */
export async function rounds(count, round) {
  const begun = performance.now()
  while (performance.now() - begun < 1000 * WARM_UP_SECONDS) await round(next)
  const start = performance.now()
  let counted = 0
  while (performance.now() - start < 1000 * Number(seconds)) {
    await round(next)
    counted += count
  }
  const elapsed = (performance.now() - start) / 1000
  process.stdout.write(JSON.stringify({ films: counted, seconds: elapsed }), () => process.exit())
}
