/** The two passes of a resize on WebAssembly's vectors: the bytes of resample-plain.ts, many times as fast. One
 *  instance and one memory for each process, which grows by need and is used anew by each film; what would need more
 *  than MOST_BYTES, and machines without vectors, are left to the plain passes. */
import type { Pixels } from './film.ts'
import { halfOf, mostOf, type Resampler, runsOf, type Taps } from './kernels.ts'
import { lend } from './lent.ts'
import { BLOCK, type PackedRow, packPairs, packRow } from './resample-pack.ts'
import { RESAMPLE_MODULE } from './wasm/resample-module.ts'
import { type WasmModule, wasmModule } from './wasm-module.ts'

/** Most memory of the module: lines of a film of 20,000 rows for a target 2,000 pixels wide, and then some. */
const MOST_BYTES = 2 ** 27

const moduleOf = wasmModule<Module>(RESAMPLE_MODULE, MOST_BYTES)

/** Bytes of a film that are looked at together; they stay in a core's cache between the copy and the sums. */
const STRIP_BYTES = 2 ** 18

interface Module extends WasmModule {
  resampleRows: (...numbers: number[]) => void
  resampleNarrowRows: (...numbers: number[]) => void
  resampleColumns: (...numbers: number[]) => void
  resampleLinePairs: (...numbers: number[]) => void
}

/** As resamplePlain. @returns lent bytes (lent.ts); null where there are no vectors, or the film needs too much memory */
export function resampleSimd(
  film: Pixels,
  across: Taps,
  down: Taps,
  resampler: Resampler,
): Uint8Array | null {
  const row = packRow(across, film.channels)
  const lineBytes = row.samples * 2
  const length = across.starts.length * film.channels
  const pairs = resampler.afterProduct === 0 ? packPairs(down) : null
  const space = layOut({
    strip: Math.max(STRIP_BYTES, film.width * film.channels) + row.slack,
    lines: (film.height + 1) * lineBytes, // one more for the last pair
    out: down.starts.length * length + BLOCK, // the last vector of a row reaches beyond it
    rowStarts: row.starts,
    rowWeights: row.weights,
    starts: down.starts,
    ends: down.ends,
    offsets: (pairs ?? down).offsets,
    weights: (pairs ?? down).weights,
  })
  if (space === null) return null
  const { module, memory, at } = space

  const rows = rowsOf(space, row, resampler)
  const stride = film.width * film.channels
  for (const [from, to] of runsOf(down, Math.max(1, Math.floor(STRIP_BYTES / stride)))) {
    memory.set(film.pixels.subarray(from * stride, to * stride), at.strip)
    rows(stride, to - from, at.lines + from * lineBytes)
  }
  const { bits, afterRow, beforeProduct, afterProduct } = resampler
  const afterSum = 2 * bits - afterRow - beforeProduct - afterProduct
  const tables = [at.lines, lineBytes, length, at.starts, at.ends, at.offsets, at.weights, down.starts.length]
  const sums = [halfOf(afterSum), afterSum]
  if (pairs === null) module.resampleColumns(...tables, at.out, afterProduct, ...sums)
  else module.resampleLinePairs(...tables, at.out, ...sums)
  const out = lend(down.starts.length * length)
  out.set(memory.subarray(at.out, at.out + out.length))
  return out
}

/** The horizontal pass in the layout that the row has. */
function rowsOf({ module, at }: Space, row: PackedRow, resampler: Resampler) {
  const { afterRow, beforeProduct } = resampler
  const sums = [halfOf(afterRow), afterRow + beforeProduct, mostOf(resampler)]
  return (stride: number, count: number, lines: number): void => {
    const line = [row.samples, lines, row.samples * 2]
    if (row.blocks === null)
      module.resampleNarrowRows(at.strip, stride, count, at.rowStarts, ...line, ...sums)
    else
      module.resampleRows(
        ...[at.strip, stride, count, at.rowStarts, at.rowWeights, row.blocks],
        ...line,
        ...sums,
      )
  }
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
