/** Undoes the row filters of PNG on vectors of WebAssembly, in AssemblyScript, and takes the colour channels out.
 *  Compiled into unfilter-module.ts by `npm run generate:wasm`; tsc and Biome leave it alone.
 *  @source W3C PNG specification, third edition, 9 "Filtering" */

/** Undoes the filters in place. A row is the number of its filter, and then `stride` bytes.
 *  @param rows    `count` rows; the 16 bytes before them may be read, the 16 behind them written
 *  @param zeros   `stride` + 16 zeros, what lies above the first row
 *  @param pixel   bytes of a pixel, 1 to 4
 *  @returns 0 where a filter has no name, else 1 */
export function unfilter(rows: usize, stride: usize, count: i32, pixel: usize, zeros: usize): i32 {
  let above = zeros
  for (let y = 0; y < count; y++) {
    const filter = load<u8>(rows)
    const row = rows + 1
    if (filter == 2) up(row, above, stride)
    else if (filter == 1) {
      if (pixel >= 3) leftOfPixels(row, stride, pixel)
      else leftOfBytes(row, stride, pixel)
    } else if (filter == 3) {
      if (pixel >= 3) averageOfPixels(row, above, stride, pixel)
      else averageOfBytes(row, above, stride, pixel)
    } else if (filter == 4) {
      if (pixel >= 3) paethOfPixels(row, above, stride, pixel)
      else paethOfBytes(row, above, stride, pixel)
    } else if (filter != 0) return 0
    above = row
    rows += stride + 1
  }
  return 1
}

function up(row: usize, above: usize, stride: usize): void {
  let i: usize = 0
  for (; i + 16 <= stride; i += 16)
    v128.store(row + i, i8x16.add(v128.load(row + i), v128.load(above + i)))
  for (; i < stride; i++) store<u8>(row + i, load<u8>(row + i) + load<u8>(above + i))
}

// Of pixels all channels are undone at once; of single bytes the one before is kept at hand.

// @ts-ignore: decorator
@inline
function storePixel(to: usize, value: v128, pixel: usize): void {
  if (pixel == 4) v128.store32_lane(to, value, 0)
  else {
    v128.store16_lane(to, value, 0)
    v128.store8_lane(to + 2, value, 2)
  }
}

function leftOfPixels(row: usize, stride: usize, pixel: usize): void {
  let near = i8x16.splat(0)
  for (let i: usize = 0; i < stride; i += pixel) {
    near = i8x16.add(near, v128.load32_zero(row + i))
    storePixel(row + i, near, pixel)
  }
}

function leftOfBytes(row: usize, stride: usize, pixel: usize): void {
  for (let channel: usize = 0; channel < pixel; channel++) {
    let near: u8 = 0
    for (let i = channel; i < stride; i += pixel) {
      near += load<u8>(row + i)
      store<u8>(row + i, near)
    }
  }
}

function averageOfPixels(row: usize, above: usize, stride: usize, pixel: usize): void {
  let near = i8x16.splat(0)
  const one = i8x16.splat(1)
  for (let i: usize = 0; i < stride; i += pixel) {
    const up = v128.load32_zero(above + i)
    // The vectors' average is rounded up, the filter's down.
    const odd = v128.and(v128.xor(near, up), one)
    const mean = i8x16.sub(i8x16.avgr_u(near, up), odd)
    near = i8x16.add(mean, v128.load32_zero(row + i))
    storePixel(row + i, near, pixel)
  }
}

function averageOfBytes(row: usize, above: usize, stride: usize, pixel: usize): void {
  for (let channel: usize = 0; channel < pixel; channel++) {
    let near: u32 = 0
    for (let i = channel; i < stride; i += pixel) {
      const mean = (near + <u32>load<u8>(above + i)) >> 1
      near = (<u32>load<u8>(row + i) + mean) & 255
      store<u8>(row + i, <u8>near)
    }
  }
}

/** As numbers of 16 bits: `near` is the pixel to the left, `up` the one above, `corner` the
 *  one above that on the left. */
function paethOfPixels(row: usize, above: usize, stride: usize, pixel: usize): void {
  let near = i16x8.splat(0)
  let corner = i16x8.splat(0)
  for (let i: usize = 0; i < stride; i += pixel) {
    const up = i16x8.extend_low_i8x16_u(v128.load32_zero(above + i))
    const nearBy = i16x8.sub(up, corner)
    const upBy = i16x8.sub(near, corner)
    const p = i16x8.abs(nearBy)
    const q = i16x8.abs(upBy)
    const r = i16x8.abs(i16x8.add(nearBy, upBy))
    const best = i16x8.min_s(p, i16x8.min_s(q, r))
    const predicted = v128.bitselect(near, v128.bitselect(up, corner, i16x8.eq(best, q)), i16x8.eq(best, p))
    const value = i8x16.add(v128.load32_zero(row + i), i8x16.narrow_i16x8_u(predicted, predicted))
    storePixel(row + i, value, pixel)
    near = i16x8.extend_low_i8x16_u(value)
    corner = up
  }
}

function paethOfBytes(row: usize, above: usize, stride: usize, pixel: usize): void {
  for (let i: usize = 0; i < stride; i++) {
    const near = i < pixel ? 0 : <i32>load<u8>(row + i - pixel)
    const corner = i < pixel ? 0 : <i32>load<u8>(above + i - pixel)
    const up = <i32>load<u8>(above + i)
    const p = abs(up - corner)
    const q = abs(near - corner)
    const r = abs(up + near - 2 * corner)
    const predicted = p <= q && p <= r ? near : q <= r ? up : corner
    store<u8>(row + i, <u8>(<i32>load<u8>(row + i) + predicted))
  }
}

/** Takes the first of the channels of each pixel.
 *  @param pixel     bytes of a pixel   @param colours  how many of its first bytes are colours
 *  @param out       gets `width` times `count` bytes
 *  @returns 0 where the colours of a pixel differ, else 1 */
export function takeGrey(rows: usize, width: usize, count: i32, pixel: usize, colours: i32, out: usize): i32 {
  let differ: u32 = 0
  for (let y = 0; y < count; y++) {
    let from = rows + 1
    for (const end = out + width; out < end; out++) {
      const red = load<u8>(from)
      if (colours == 3) differ |= <u32>(red ^ load<u8>(from, 1)) | <u32>(red ^ load<u8>(from, 2))
      store<u8>(out, red)
      from += pixel
    }
    if (differ != 0) return 0
    rows += width * pixel + 1
  }
  return 1
}

/** Takes the three colours of each pixel. @param pixel  3 or 4 bytes   @param out  gets 3 `width` times `count` bytes */
export function takeColours(rows: usize, width: usize, count: i32, pixel: usize, out: usize): void {
  for (let y = 0; y < count; y++) {
    let from = rows + 1
    for (const end = out + 3 * width; out < end; out += 3) {
      store<u16>(out, load<u16>(from))
      store<u8>(out + 2, load<u8>(from, 2))
      from += pixel
    }
    rows += width * pixel + 1
  }
}
