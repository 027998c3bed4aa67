/** Brightness, contrast and saturation of pixels, each by a factor; 1 changes nothing. */
import type { Pixels } from './film.ts'

/** @source PIL's ImageEnhance.Brightness, which cuts decimals off */
export function brighten(film: Pixels, factor: number): Pixels {
  const levels = Uint8ClampedArray.from({ length: 256 }, (_, value) => Math.floor(value * factor))
  return { ...film, pixels: film.pixels.map((value) => levels[value]!) }
}

/** Away from the mean of each channel, or towards it. @source tf.image.adjust_contrast */
export function contrast(film: Pixels, factor: number): Pixels {
  const { channels, pixels } = film
  const means = Array.from({ length: channels }, (_, channel) => {
    let sum = 0
    for (let at = channel; at < pixels.length; at += channels) sum += pixels[at]!
    return (sum * channels) / pixels.length
  })
  const out = new Uint8ClampedArray(pixels.length)
  for (let at = 0; at < pixels.length; at++) {
    const mean = means[at % channels]!
    out[at] = mean + (pixels[at]! - mean) * factor
  }
  return { ...film, pixels: new Uint8Array(out.buffer) }
}

/** Of hue, saturation and value (the largest channel) the second alone changes, up to where the least channel is 0.
 *  @source tf.image.adjust_saturation */
export function saturate(film: Pixels, factor: number): Pixels {
  const { channels, pixels } = film
  if (channels === 1) return film
  const out = pixels.slice()
  for (let at = 0; at < pixels.length; at += 3) {
    const value = Math.max(pixels[at]!, pixels[at + 1]!, pixels[at + 2]!)
    const least = Math.min(pixels[at]!, pixels[at + 1]!, pixels[at + 2]!)
    if (value === least) continue
    const times = Math.min(factor, value / (value - least))
    for (let channel = at; channel < at + 3; channel++)
      out[channel] = Math.round(value - (value - pixels[channel]!) * times)
  }
  return { ...film, pixels: out }
}
