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
 *  @param half      is added, then `shift` bits go   @param most  samples are cut to 0..most */
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
  most: i32,
): void {
  const step = <usize>blocks * 32
  const round = i32x4.splat(half)
  const limit = i16x8.splat(<i16>most)
  for (let y = 0; y < count; y++) {
    let start = starts
    let weight = weights
    let to = lines
    for (let x = 0; x < outputs; x += 4) {
      const a = sumOf(rows + load<u32>(start), weight, blocks)
      const b = sumOf(rows + load<u32>(start, 4), weight + step, blocks)
      const c = sumOf(rows + load<u32>(start, 8), weight + 2 * step, blocks)
      const d = sumOf(rows + load<u32>(start, 12), weight + 3 * step, blocks)
      storeFour(to, i32x4.shr_s(i32x4.add(round, addAcross(a, b, c, d)), shift), limit)
      start += 16
      weight += 4 * step
      to += 8
    }
    rows += stride
    lines += lineBytes
  }
}

// @ts-ignore: decorator
@inline
function storeFour(to: usize, sums: v128, limit: v128): void {
  const samples = i16x8.min_s(i16x8.max_s(i16x8.narrow_i32x4_s(sums, sums), i16x8.splat(0)), limit)
  v128.store_lane<i64>(to, samples, 0)
}

/** The horizontal pass where four samples in a row need no more than 16 bytes, and each of them four with weights of 16
 *  bits: what a grey film is that shrinks by less than four.
 *  @param fours  for each four samples: their first byte in the row, i32, and 12 bytes of nothing; which of the 16 bytes
 *                the samples need, u8 [4, 4]; the weights of these, i16 [4, 4]   @param outputs  a multiple of 4 */
export function resampleNarrowRows(
  rows: usize,
  stride: usize,
  count: i32,
  fours: usize,
  outputs: i32,
  lines: usize,
  lineBytes: usize,
  half: i32,
  shift: i32,
  most: i32,
): void {
  const round = i32x4.splat(half)
  const limit = i16x8.splat(<i16>most)
  for (let y = 0; y < count; y++) {
    let four = fours
    let to = lines
    for (let x = 0; x < outputs; x += 4) {
      const bytes = i8x16.swizzle(v128.load(rows + load<u32>(four)), v128.load(four, 16))
      const ab = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(bytes), v128.load(four, 32))
      const cd = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(bytes), v128.load(four, 48))
      const even = v128.shuffle<i32>(ab, cd, 0, 2, 4, 6)
      const odd = v128.shuffle<i32>(ab, cd, 1, 3, 5, 7)
      storeFour(to, i32x4.shr_s(i32x4.add(round, i32x4.add(even, odd)), shift), limit)
      four += 64
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

/** The vertical pass where products are whole and weights have 16 bits: two lines at a time.
 *  @param weights   for each two lines of a row 2 of them, i16; a line too many weighs nothing. The other parameters are
 *                   those of resampleColumns */
export function resampleLinePairs(
  lines: usize,
  lineBytes: usize,
  length: i32,
  starts: usize,
  ends: usize,
  offsets: usize,
  weights: usize,
  height: i32,
  out: usize,
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
      for (let k = 0; k < count; k += 2) {
        const one = v128.load(from)
        const other = v128.load(from + lineBytes)
        const lows = v128.shuffle<i16>(one, other, 0, 8, 1, 9, 2, 10, 3, 11)
        const highs = v128.shuffle<i16>(one, other, 4, 12, 5, 13, 6, 14, 7, 15)
        const by = v128.load_splat<i32>(weight)
        low = i32x4.add(low, i32x4.dot_i16x8_s(lows, by))
        high = i32x4.add(high, i32x4.dot_i16x8_s(highs, by))
        from += 2 * lineBytes
        weight += 4
      }
      storeEight(out + x, i32x4.shr_s(low, shift), i32x4.shr_s(high, shift))
    }
    out += length
  }
}

// @ts-ignore: decorator
@inline
function storeEight(to: usize, low: v128, high: v128): void {
  const words = i16x8.narrow_i32x4_s(low, high)
  v128.store_lane<i64>(to, i8x16.narrow_i16x8_u(words, words), 0)
}

/** The vertical pass where each product loses bits.
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
      storeEight(out + x, i32x4.shr_s(low, shift), i32x4.shr_s(high, shift))
    }
    out += length
  }
}
