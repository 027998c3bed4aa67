/** The two passes of resample-plain.ts on vectors of WebAssembly, in AssemblyScript: the same sums, so the same bytes.
 *  Pointers are bytes from the start of the memory, which resample-simd.ts lays out. It is compiled into
 *  resample-module.ts by `npm run generate:wasm`; tsc and Biome leave it alone. */

/** Low bits of a weight that are multiplied apart from the rest, so that both parts fit into 16 bits. */
const LOW_BITS: i32 = 11

/** The horizontal pass.
 *  @param rows      `count` rows of `stride` bytes each
 *  @param starts    for each of `outputs` (a multiple of 4) samples of a line its first byte in the row, i32
 *  @param weights   for each sample `blocks` times 8 low parts and 8 high parts, i16
 *  @param lines     gets `count` lines of `lineBytes` each, i16
 *  @param half      is added, then `shift` bits go */
export function resampleRows(
  rows: usize,
  stride: usize,
  count: i32,
  starts: usize,
  weights: usize,
  blocks: i32,
  outputs: i32,
  lines: usize,
  lineBytes: usize,
  half: i32,
  shift: i32,
): void {
  const step = <usize>blocks * 32
  const round = i32x4.splat(half)
  for (let y = 0; y < count; y++) {
    let start = starts
    let weight = weights
    let to = lines
    for (let x = 0; x < outputs; x += 4) {
      const a = sumOf(rows + load<u32>(start), weight, blocks)
      const b = sumOf(rows + load<u32>(start, 4), weight + step, blocks)
      const c = sumOf(rows + load<u32>(start, 8), weight + 2 * step, blocks)
      const d = sumOf(rows + load<u32>(start, 12), weight + 3 * step, blocks)
      const sums = i32x4.shr_s(i32x4.add(round, addAcross(a, b, c, d)), shift)
      v128.store_lane<i64>(to, i16x8.narrow_i32x4_s(sums, sums), 0)
      start += 16
      weight += 4 * step
      to += 8
    }
    rows += stride
    lines += lineBytes
  }
}

/** Four parts of the weighted sum of 8 * blocks bytes, i32x4; they may wrap, their sum does not. */
// @ts-ignore: decorator
@inline
function sumOf(from: usize, weight: usize, blocks: i32): v128 {
  if (blocks == 1) {
    const pixels = v128.load_ext<u8>(from)
    const high = i32x4.dot_i16x8_s(pixels, v128.load(weight, 16))
    return i32x4.add(i32x4.dot_i16x8_s(pixels, v128.load(weight)), i32x4.shl(high, LOW_BITS))
  }
  let low = i32x4.splat(0)
  let high = i32x4.splat(0)
  for (let i = 0; i < blocks; i++) {
    const pixels = v128.load_ext<u8>(from)
    low = i32x4.add(low, i32x4.dot_i16x8_s(pixels, v128.load(weight)))
    high = i32x4.add(high, i32x4.dot_i16x8_s(pixels, v128.load(weight, 16)))
    from += 8
    weight += 32
  }
  return i32x4.add(low, i32x4.shl(high, LOW_BITS))
}

/** [sum of a, sum of b, sum of c, sum of d] */
// @ts-ignore: decorator
@inline
function addAcross(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7))
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7))
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7))
}

/** The vertical pass.
 *  @param starts, ends, offsets  for each of `height` output rows, i32: its lines, and where its weights begin
 *  @param weights   i32   @param length  samples of a row
 *  @param out       gets `height` rows of `length` bytes, and up to 7 bytes more
 *  @param cut       bits that each product loses   @param half  is added, then `shift` bits go */
export function resampleColumns(
  lines: usize,
  lineBytes: usize,
  length: i32,
  starts: usize,
  ends: usize,
  offsets: usize,
  weights: usize,
  height: i32,
  out: usize,
  cut: i32,
  half: i32,
  shift: i32,
): void {
  for (let i = 0; i < height; i++) {
    const at = <usize>i * 4
    const start = load<i32>(starts + at)
    const count = load<i32>(ends + at) - start
    const firstWeight = weights + <usize>load<i32>(offsets + at) * 4
    const firstLine = lines + <usize>start * lineBytes
    for (let x = 0; x < length; x += 8) {
      let low = i32x4.splat(half)
      let high = low
      let from = firstLine + <usize>x * 2
      let weight = firstWeight
      for (let k = 0; k < count; k++) {
        const line = v128.load(from)
        const by = v128.load_splat<i32>(weight)
        low = i32x4.add(low, i32x4.shr_s(i32x4.mul(i32x4.extend_low_i16x8_s(line), by), cut))
        high = i32x4.add(high, i32x4.shr_s(i32x4.mul(i32x4.extend_high_i16x8_s(line), by), cut))
        from += lineBytes
        weight += 4
      }
      const words = i16x8.narrow_i32x4_s(i32x4.shr_s(low, shift), i32x4.shr_s(high, shift))
      v128.store_lane<i64>(out + x, i8x16.narrow_i16x8_u(words, words), 0)
    }
    out += length
  }
}
