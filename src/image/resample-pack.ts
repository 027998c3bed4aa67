/** Taps as the module of wasm/resample.ts takes them. A weight of more than 16 bits is `high * 2 ** LOW_BITS + low`, as
 *  there; which layout is used is chosen by the taps, and changes no byte of a result. */
import type { Taps } from './kernels.ts'

const LOW_BITS = 11
const LARGEST = 2 ** 15 - 1
/** Samples or weights of a vector of 16 bits; and what is worked on at a time. */
export const BLOCK = 8
const FOUR = 4
/** Bytes of four samples in the narrow layout. */
const FOUR_BYTES = 64

const isSmall = (weights: Int32Array): boolean => {
  for (let i = 0; i < weights.length; i++) if (weights[i]! > LARGEST || weights[i]! < -LARGEST) return false
  return true
}

const mostTaps = ({ starts, ends }: Taps): number => {
  let most = 0
  for (let i = 0; i < starts.length; i++) most = Math.max(most, ends[i]! - starts[i]!)
  return most
}

/** The horizontal pass's tables. */
export interface PackedRow {
  /** Samples of a line, filled up to whole vectors. */
  samples: number
  /** Bytes that are read beyond the end of a row; they weigh nothing. */
  slack: number
  /** Blocks of eight weights for each sample; null in the narrow layout, whose table is `starts` alone. */
  blocks: number | null
  starts: Int32Array
  weights: Int16Array
}

export const packRow = (across: Taps, channels: number): PackedRow =>
  (channels === 1 ? packNarrow(across) : null) ?? packWide(across, channels)

/** @returns null where four samples need more than 16 bytes, or one of them more than four, or larger weights */
function packNarrow(across: Taps): PackedRow | null {
  const { starts, ends, offsets, weights } = across
  if (mostTaps(across) > FOUR || !isSmall(weights)) return null
  const samples = Math.ceil(starts.length / BLOCK) * BLOCK
  const table = new Int32Array((samples / FOUR) * (FOUR_BYTES / 4))
  const [bytes, words] = [new Uint8Array(table.buffer), new Int16Array(table.buffer)]
  for (let x = 0; x < starts.length; x += FOUR) {
    const past = Math.min(x + FOUR, starts.length)
    const from = starts[x]! // a window never starts before the one to its left
    if (ends[past - 1]! - from > 16) return null
    const at = (x / FOUR) * FOUR_BYTES
    table[at / 4] = from
    for (let i = x; i < past; i++)
      for (let k = 0; k < ends[i]! - starts[i]!; k++) {
        bytes[at + 16 + (i - x) * FOUR + k] = starts[i]! - from + k
        words[at / 2 + 16 + (i - x) * FOUR + k] = weights[offsets[i]! + k]!
      }
  }
  return { samples, slack: 16, blocks: null, starts: table, weights: new Int16Array() }
}

/** For each sample its first byte and its blocks: 8 low parts, 8 high parts. The channels of a film are interleaved, so
 *  weights of one are `channels` apart. */
function packWide(across: Taps, channels: number): PackedRow {
  const { starts, ends, offsets, weights } = across
  const blocks = Math.max(1, Math.ceil((mostTaps(across) * channels) / BLOCK))
  const samples = Math.ceil((starts.length * channels) / BLOCK) * BLOCK
  const firsts = new Int32Array(samples)
  const packed = new Int16Array(samples * blocks * 2 * BLOCK)
  for (let sample = 0; sample < starts.length * channels; sample++) {
    const x = Math.floor(sample / channels)
    firsts[sample] = starts[x]! * channels + (sample % channels)
    for (let k = 0; k < ends[x]! - starts[x]!; k++) {
      const weight = weights[offsets[x]! + k]!
      const block = Math.floor((k * channels) / BLOCK)
      const at = (sample * blocks + block) * 2 * BLOCK + ((k * channels) % BLOCK)
      packed[at] = weight & (2 ** LOW_BITS - 1)
      packed[at + BLOCK] = weight >> LOW_BITS
    }
  }
  return { samples, slack: blocks * BLOCK, blocks, starts: firsts, weights: packed }
}

/** The vertical pass's weights, two by two. */
export interface PackedPairs {
  /** For each row of the target which pair is its first. */
  offsets: Int32Array
  weights: Int16Array
}

/** @returns null where a weight has more than 16 bits */
export function packPairs({ starts, ends, offsets, weights }: Taps): PackedPairs | null {
  if (!isSmall(weights)) return null
  const firsts = new Int32Array(starts.length)
  let pairs = 0
  for (let i = 0; i < starts.length; i++) {
    firsts[i] = pairs
    pairs += Math.ceil((ends[i]! - starts[i]!) / 2)
  }
  const packed = new Int16Array(pairs * 2)
  for (let i = 0; i < starts.length; i++)
    for (let k = 0; k < ends[i]! - starts[i]!; k++) packed[firsts[i]! * 2 + k] = weights[offsets[i]! + k]!
  return { offsets: firsts, weights: packed }
}
