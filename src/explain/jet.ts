/** matplotlib's colour map `jet`: each channel rises, stays and falls along straight lines. */

/** Where a line begins or ends: [place, share of the channel], both from 0 to 1. @source matplotlib's _jet_data */
type Corner = readonly [place: number, share: number]
const CHANNELS: readonly (readonly Corner[])[] = [
  [
    [0, 0],
    [0.35, 0],
    [0.66, 1],
    [0.89, 1],
    [1, 0.5],
  ],
  [
    [0, 0],
    [0.125, 0],
    [0.375, 1],
    [0.64, 1],
    [0.91, 0],
    [1, 0],
  ],
  [
    [0, 0.5],
    [0.11, 1],
    [0.34, 1],
    [0.65, 0],
    [1, 0],
  ],
]

const COUNT = 256

/** 256 colours from dark blue to dark red, RGB, 8 bits a channel, interleaved. */
export const JET: Uint8Array = Uint8Array.from({ length: COUNT * 3 }, (_, i) =>
  Math.floor(shareOf(CHANNELS[i % 3]!, Math.floor(i / 3)) * 255),
)

/** @returns where a colour begins in JET   @param value  from 0 to 1 */
export const jetAt = (value: number): number => 3 * Math.min(COUNT - 1, Math.floor(value * COUNT))

/** In matplotlib's order of operations, to the last bit. @param colour  from 0 to 255 */
function shareOf(corners: readonly Corner[], colour: number): number {
  const scaled = corners.map(([place, share]) => [place * (COUNT - 1), share] as const)
  const next = scaled.findIndex(([at]) => at >= colour)
  const [to, high] = scaled[next]!
  const [from, low] = scaled[Math.max(0, next - 1)]!
  return to === from ? high : ((colour - from) / (to - from)) * (high - low) + low
}
