/** The two passes of a resize on WebAssembly's vectors: the bytes of resample-plain.ts, several times as fast. One
 *  instance and one memory for each process, which grows by need and is used anew by each film; what would need more
 *  than MOST_BYTES, and machines without vectors, are left to the plain passes. */
import type { Pixels } from './film.ts'
import { halfOf, type Resampler, runsOf, type Taps } from './kernels.ts'
import { RESAMPLE_MODULE } from './wasm/resample-module.ts'

/** Most memory of the module: lines of a film of 20,000 rows for a target 2,000 pixels wide, and then some. */
const MOST_BYTES = 2 ** 27
const PAGE_BYTES = 2 ** 16

/** Bytes of a film that are looked at together; they stay in a core's cache between the copy and the sums. */
const STRIP_BYTES = 2 ** 18

/** As in wasm/resample.ts: a weight is `high * 2 ** LOW_BITS + low`, and weights come in blocks of eight. */
const LOW_BITS = 11
const BLOCK = 8

interface Module {
  memory: { buffer: ArrayBuffer; grow: (pages: number) => number }
  resampleRows: (...numbers: number[]) => void
  resampleColumns: (...numbers: number[]) => void
}

/** The types of Node 20 leave it out. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object
    Instance: new (module: object) => { exports: unknown }
  }
}

/** As resamplePlain. @returns null where there are no vectors, or the film needs too much memory */
export function resampleSimd(
  film: Pixels,
  across: Taps,
  down: Taps,
  resampler: Resampler,
): Uint8Array | null {
  const row = packedRow(across, film.channels)
  const lineBytes = row.starts.length * 2
  const length = across.starts.length * film.channels
  const parts: Parts = {
    strip: Math.max(STRIP_BYTES, film.width * film.channels) + row.blocks * BLOCK, // weights of 0 reach beyond a row
    lines: film.height * lineBytes,
    out: down.starts.length * length + BLOCK, // as does the last vector of a row
    rowStarts: row.starts,
    rowWeights: row.weights,
    ...down,
  }
  const space = layOut(parts)
  if (space === null) return null
  const { module, memory, at } = space
  const { bits, afterRow, beforeProduct, afterProduct } = resampler

  const stride = film.width * film.channels
  for (const [from, to] of runsOf(down, Math.max(1, Math.floor(STRIP_BYTES / stride)))) {
    memory.set(film.pixels.subarray(from * stride, to * stride), at.strip)
    module.resampleRows(
      ...[at.strip, stride, to - from, at.rowStarts, at.rowWeights, row.blocks, row.starts.length],
      ...[at.lines + from * lineBytes, lineBytes, halfOf(afterRow), afterRow + beforeProduct],
    )
  }
  const afterSum = 2 * bits - afterRow - beforeProduct - afterProduct
  module.resampleColumns(
    ...[at.lines, lineBytes, length, at.starts, at.ends, at.offsets, at.weights, down.starts.length],
    ...[at.out, afterProduct, halfOf(afterSum), afterSum],
  )
  return memory.slice(at.out, at.out + down.starts.length * length)
}

interface PackedRow {
  /** Blocks of weights for each sample. */
  blocks: number
  /** For each sample of a line its first byte in the film's row; lines are filled up to whole vectors. */
  starts: Int32Array
  /** For each sample its blocks: 8 low parts, 8 high parts. */
  weights: Int16Array
}

/** Taps as the module takes them. The channels of a film are interleaved, so weights of one are `channels` apart. */
function packedRow({ starts, ends, offsets, weights }: Taps, channels: number): PackedRow {
  const samples = starts.length * channels
  const most = starts.reduce((longest, start, x) => Math.max(longest, ends[x]! - start), 0)
  const blocks = Math.max(1, Math.ceil((most * channels) / BLOCK))
  const packed = {
    blocks,
    starts: new Int32Array(Math.ceil(samples / BLOCK) * BLOCK),
    weights: new Int16Array(Math.ceil(samples / BLOCK) * BLOCK * blocks * 2 * BLOCK),
  }
  for (let sample = 0; sample < samples; sample++) {
    const x = Math.floor(sample / channels)
    packed.starts[sample] = starts[x]! * channels + (sample % channels)
    for (let k = 0; k < ends[x]! - starts[x]!; k++) {
      const weight = weights[offsets[x]! + k]!
      const block = Math.floor((k * channels) / BLOCK)
      const at = (sample * blocks + block) * 2 * BLOCK + ((k * channels) % BLOCK)
      packed.weights[at] = weight & (2 ** LOW_BITS - 1)
      packed.weights[at + BLOCK] = weight >> LOW_BITS
    }
  }
  return packed
}

const PARTS = [
  'strip',
  'lines',
  'out',
  'rowStarts',
  'rowWeights',
  'starts',
  'ends',
  'offsets',
  'weights',
] as const
/** What lies in the memory: tables, which are written there, and room of so many bytes. */
type Parts = Record<(typeof PARTS)[number], Int32Array | Int16Array | number>

interface Space {
  module: Module
  memory: Uint8Array
  /** Where each part begins. */
  at: Record<(typeof PARTS)[number], number>
}

/** Lays the parts into the memory one behind the other. */
function layOut(parts: Parts): Space | null {
  const at = {
    strip: 0,
    lines: 0,
    out: 0,
    rowStarts: 0,
    rowWeights: 0,
    starts: 0,
    ends: 0,
    offsets: 0,
    weights: 0,
  }
  let end = 0
  for (const name of PARTS) {
    const part = parts[name]
    at[name] = end
    end += Math.ceil((typeof part === 'number' ? part : part.byteLength) / 16) * 16
  }
  const module = moduleOf(end)
  if (module === null) return null
  const memory = new Uint8Array(module.memory.buffer)
  for (const name of PARTS) {
    const part = parts[name]
    if (typeof part === 'number') continue
    memory.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at[name])
  }
  return { module, memory, at }
}

let instance: Module | null | undefined

/** The module with at least `bytes` of memory. */
function moduleOf(bytes: number): Module | null {
  if (bytes > MOST_BYTES) return null
  instance ??= instantiate()
  const missing = instance === null ? 0 : bytes - instance.memory.buffer.byteLength
  if (missing > 0) instance?.memory.grow(Math.ceil(missing / PAGE_BYTES))
  return instance
}

function instantiate(): Module | null {
  try {
    const module = new wasm.Module(Buffer.from(RESAMPLE_MODULE, 'base64'))
    return new wasm.Instance(module).exports as Module
  } catch {
    return null // a processor without vectors
  }
}
