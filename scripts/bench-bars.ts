/** What removing black bars costs: the robust rule on a decoded grey film of 2000 x 2000 pixels with bars of 10 % a
 *  side, on one core. Prints the median and the spread of repeated runs. */
import { performance } from 'node:perf_hooks'
import { seededRandom } from '../random.ts'
import { removeBars } from '../src/image/bars.ts'
import type { Film } from '../src/image/film.ts'

const SIZE = 2000
const BAR = SIZE / 10
const RUNS = 200
const WARM_UP = 50

/** Noise of 0..7 in the bars, a noisy slope of 60..250 inside them. */
function barredFilm(): Film {
  const random = seededRandom(1)
  const pixels = new Uint8Array(SIZE * SIZE)
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const inside = Math.min(x, y, SIZE - 1 - x, SIZE - 1 - y) >= BAR
      pixels[y * SIZE + x] = inside ? 60 + (150 * x) / SIZE + 40 * random() : 8 * random()
    }
  return { width: SIZE, height: SIZE, channels: 1, bits: 8, pixels, source: 'made' }
}

const film = barredFilm()
const { width, height } = removeBars(film, 'robust')
const timesMs: number[] = []
for (let run = 0; run < WARM_UP + RUNS; run++) {
  const start = performance.now()
  removeBars(film, 'robust')
  if (run >= WARM_UP) timesMs.push(performance.now() - start)
}
timesMs.sort((a, b) => a - b)
const at = (share: number): string => timesMs[Math.floor(share * (RUNS - 1))]!.toFixed(2)
process.stdout.write(
  `robust, ${SIZE} x ${SIZE} to ${width} x ${height}, ${RUNS} runs: ` +
    `median ${at(0.5)} ms, p5 ${at(0.05)}, p95 ${at(0.95)}, most ${at(1)}\n`,
)
