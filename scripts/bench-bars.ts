/** What removing black bars costs: the robust rule on a decoded grey film of 2000 x 2000 pixels with bars of 10 % a
 *  side, on one core. Prints the median and the spread of repeated runs. */
import { measure, spreadOf, spreadText } from '../bench/index.ts'
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
const timesMs = await measure(() => removeBars(film, 'robust'), { warmUp: WARM_UP, runs: RUNS })
const sizes = `${SIZE} x ${SIZE} to ${width} x ${height}`
process.stdout.write(`robust, ${sizes}: ${spreadText(spreadOf(timesMs))}\n`)
