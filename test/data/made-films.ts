/** Made films for the tests of copies: smooth seeded fields, and the ways in which a copy of a file comes about. */
import sharp from 'sharp'
import { seededRandom } from '../../random.ts'

const WIDTH = 240
const HEIGHT = 300

/** A grey film of soft blobs, row-major, 0..255. */
export function madeFilm(seed: number): Uint8Array {
  const random = seededRandom(seed)
  const blobs = Array.from({ length: 12 }, () => ({
    x: random() * WIDTH,
    y: random() * HEIGHT,
    radius: 15 + random() * 60,
    light: 40 + random() * 120,
  }))
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, index) => {
    const [x, y] = [index % WIDTH, Math.floor(index / WIDTH)]
    const sum = blobs.reduce(
      (all, blob) => all + blob.light * Math.exp(-((x - blob.x) ** 2 + (y - blob.y) ** 2) / blob.radius ** 2),
      0,
    )
    return Math.min(235, 10 + sum) + random() * 20
  })
}

const image = (grey: Uint8Array) => sharp(grey, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })

export const asPng = (grey: Uint8Array): Promise<Buffer> => image(grey).toColourspace('b-w').png().toBuffer()

/** How it was copied → the copy's file. */
export const COPYINGS: Readonly<Record<string, (grey: Uint8Array) => Promise<Buffer>>> = {
  'the same bytes': asPng,
  'JPEG of quality 92': (grey) => image(grey).jpeg({ quality: 92 }).toBuffer(),
  'JPEG of quality 30': (grey) => image(grey).jpeg({ quality: 30 }).toBuffer(),
  'half the size': (grey) =>
    image(grey)
      .resize(WIDTH / 2, HEIGHT / 2)
      .png()
      .toBuffer(),
  'twice the size': (grey) =>
    image(grey)
      .resize(WIDTH * 2, HEIGHT * 2)
      .png()
      .toBuffer(),
  'squeezed into a square': (grey) => image(grey).resize(224, 224, { fit: 'fill' }).jpeg().toBuffer(),
  'in colour': (grey) => image(grey).toColourspace('srgb').png().toBuffer(),
  'with other brightness and contrast': (grey) => asPng(grey.map((value) => 30 + value * 0.7)),
  '12 bits in 16': (grey) => {
    const deep = Uint16Array.from(grey, (value) => value * 16)
    const raw = { width: WIDTH, height: HEIGHT, channels: 1 } as const
    return sharp(deep, { raw }).toColourspace('grey16').png().toBuffer()
  },
}
