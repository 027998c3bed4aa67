/** What decoding and resizing cost, in milliseconds of CPU on all threads: every film below the folders named, by sharp
 *  and by libjpeg-turbo in turn, and 512 x 512 grey to 224 x 224 with each kernel, plain and on vectors. Fails where a film
 *  fails. Ratios hold on a busy machine, figures do not.
 *  Example: node dist/scripts/bench-films.js ../shared/data/seed000 ../shared/data/seed003 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quantile, spreadOf, spreadText } from '../bench/index.ts'
import { decodeBytes } from '../src/image/decode.ts'
import { type Film, KERNELS, type Kernel, type Pixels, type Preprocessing } from '../src/image/film.ts'
import { formatOf } from '../src/image/formats.ts'
import { RESAMPLERS, tapsOf } from '../src/image/kernels.ts'
import { preprocess } from '../src/image/preprocess.ts'
import { readWithTurbo } from '../src/image/read-jpeg.ts'
import { readWithSharp } from '../src/image/read-sharp.ts'
import { resamplePlain } from '../src/image/resample-plain.ts'
import { resampleSimd } from '../src/image/resample-simd.ts'

const PREPROCESSING: Preprocessing = {
  version: 1,
  steps: [
    { op: 'window' },
    { op: 'fit', how: 'stretch', width: 224, height: 224, kernel: 'cv2-linear' },
    { op: 'channels', count: 3, luma: 'rec601' },
  ],
}
const LIMIT = { limitPixels: 200_000_000 }

/** Samples in CPU milliseconds, by name. */
class Costs {
  readonly #samples = new Map<string, number[]>()

  async of<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const start = process.cpuUsage()
    const result = await work()
    this.add(name, start)
    return result
  }

  add(name: string, start: NodeJS.CpuUsage): void {
    const { user, system } = process.cpuUsage(start)
    const samples = this.#samples.get(name) ?? []
    samples.push((user + system) / 1000)
    this.#samples.set(name, samples)
  }

  median(name: string): number {
    return quantile(this.#samples.get(name) ?? [Number.NaN], 0.5)
  }

  print(title: string): void {
    const lines = [...this.#samples].map(([name, samples]) => {
      const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
      return `  ${name.padEnd(28)} ${spreadText(spreadOf(samples), 'CPU-ms')}, mean ${mean.toFixed(2)}\n`
    })
    process.stdout.write(`${title}\n${lines.join('')}`)
  }
}

/** The two readers in turn; which of them begins changes from film to film. */
async function decodeJpeg(costs: Costs, bytes: Buffer, path: string, index: number): Promise<void> {
  let film: Film | null = null
  const bySharp = () => costs.of('sharp, JPEG', () => readWithSharp(bytes, path, LIMIT))
  const byTurbo = async () => {
    const start = process.cpuUsage()
    film = await readWithTurbo(bytes, path, LIMIT)
    const kind = film === null ? 'left to sharp' : film.channels === 1 ? 'grey' : 'colour'
    costs.add(`turbo, JPEG, ${kind}`, start)
  }
  for (const read of index % 2 === 0 ? [bySharp, byTurbo] : [byTurbo, bySharp]) await read()
}

async function benchFolder(folder: string): Promise<void> {
  const costs = new Costs()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const films = entries.filter(({ name }) => /\.(png|jpe?g|tiff?|webp)$/i.test(name))
  for (const [index, { parentPath, name }] of films.entries()) {
    const path = join(parentPath, name)
    const bytes = await readFile(path)
    if (formatOf(bytes)?.name === 'jpeg') await decodeJpeg(costs, bytes, path, index)
    const film = await costs.of('decode, as score does', () => decodeBytes(bytes, path))
    await costs.of('preprocess to 224 x 224 x 3', () => preprocess(film, PREPROCESSING))
  }
  costs.print(`${folder}: ${films.length} films`)
}

const RUNS = 300

async function benchKernel(kernel: Kernel): Promise<void> {
  const costs = new Costs()
  const pixels = Uint8Array.from({ length: 512 * 512 }, (_, i) => (i * 2_654_435_761) >>> 24)
  const film: Pixels = { width: 512, height: 512, channels: 1, pixels }
  const resampler = RESAMPLERS[kernel]
  for (let run = 0; run < RUNS; run++)
    for (const [name, resample] of [
      ['plain', resamplePlain],
      ['vectors', resampleSimd],
    ] as const)
      await costs.of(name, () => {
        const taps = () => tapsOf(resampler, { size: 512, target: 224 })
        return resample(film, taps(), taps(), resampler)
      })
  costs.print(
    `512 x 512 grey to 224 x 224, ${kernel}: vectors ${(costs.median('plain') / costs.median('vectors')).toFixed(1)} x as fast`,
  )
}

for (const folder of process.argv.slice(2)) await benchFolder(folder)
for (const kernel of KERNELS) await benchKernel(kernel)
