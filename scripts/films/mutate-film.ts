/** What is done to a good film to make a bad one: to the chunks of a PNG, the segments of a JPEG, the entries of a TIFF's
 *  directory, or to bytes anywhere. Seeded. */
import { crc32 } from 'node:zlib'
import { mutateBytes, type Random } from '../mutants/mutate.ts'

const below = (most: number, random: Random): number => Math.floor(random() * most)
const oneOf = <T>(all: readonly T[], random: Random): T => all[below(all.length, random)]!

/** Numbers that stand where a size, a count or an offset belongs. */
const ODD = [
  0,
  1,
  2,
  3,
  7,
  16,
  255,
  256,
  4096,
  14_000,
  32_767,
  65_500,
  65_535,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
]

/** The result of what was changed in place. */
const after = <T>(_changed: number, result: T): T => result

/** Moves, doubles or takes away one of the parts. */
function shuffle<T>(parts: readonly T[], random: Random): T[] {
  const at = below(parts.length, random)
  const part = parts[at]!
  const others = parts.toSpliced(at, 1)
  return oneOf(
    [
      () => others,
      () => parts.toSpliced(at, 0, part),
      () => others.toSpliced(below(parts.length, random), 0, part),
    ],
    random,
  )()
}

interface Chunk {
  type: string
  data: Buffer
  /** As it is to be written; null for the right one. */
  length: number | null
}

function pngChunks(png: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 8; at + 12 <= png.length; ) {
    const length = png.readUInt32BE(at)
    const data = Buffer.from(png.subarray(at + 8, at + 8 + length))
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data, length: null })
    at += 12 + length
  }
  return chunks
}

/** Check sums are right, so that what is changed is read. */
function pngOf(head: Buffer, chunks: readonly Chunk[]): Buffer {
  const parts = chunks.flatMap(({ type, data, length }) => {
    const frame = Buffer.alloc(4)
    frame.writeUInt32BE((length ?? data.length) >>> 0)
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return [frame, body, sum]
  })
  return Buffer.concat([head, ...parts])
}

/** Offsets in IHDR: width, height (32 bits); depth, colour type, compression, filter, interlace (8 bits). */
const IHDR_BYTES = 5

function mutatePng(png: Buffer, random: Random): Buffer {
  const chunks = pngChunks(png)
  const header = chunks[0]?.data ?? Buffer.alloc(0)
  const chunk = oneOf(chunks, random)
  const changed = oneOf<() => Chunk[]>(
    [
      () => after(header.writeUInt32BE(oneOf(ODD, random), 4 * below(2, random)), chunks),
      () =>
        after(
          header.writeUInt8(oneOf([0, 1, 2, 3, 4, 6, 8, 16, 255], random), 8 + below(IHDR_BYTES, random)),
          chunks,
        ),
      () => shuffle(chunks, random),
      () => chunks.with(chunks.indexOf(chunk), { ...chunk, length: oneOf(ODD, random) }),
      () =>
        chunks.with(chunks.indexOf(chunk), { ...chunk, data: Buffer.from(mutateBytes(chunk.data, random)) }),
      () =>
        chunks.with(chunks.indexOf(chunk), {
          ...chunk,
          type: oneOf(['IDAT', 'PLTE', 'tRNS', 'iCCP', 'eXIf', 'acTL', 'QQQQ'], random),
        }),
    ],
    random,
  )()
  return pngOf(png.subarray(0, 8), changed)
}

/** The segments before the first scan; what follows stays as it is, as the last part. */
function jpegSegments(jpeg: Buffer): Buffer[] {
  const parts = [Buffer.from(jpeg.subarray(0, 2))]
  let at = 2
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== 0xda) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2)
    parts.push(Buffer.from(jpeg.subarray(at, end)))
    at = end
  }
  return [...parts, Buffer.from(jpeg.subarray(at))]
}

const isFrame = (segment: Buffer): boolean => [0xc0, 0xc1, 0xc2].includes(segment[1] ?? 0)

function mutateJpeg(jpeg: Buffer, random: Random): Buffer {
  const parts = jpegSegments(jpeg)
  const frame = parts.find(isFrame) ?? parts[0]!
  const at = 1 + below(parts.length - 1, random)
  const part = parts[at]!
  return Buffer.concat(
    oneOf<() => Buffer[]>(
      [
        // Behind marker, length and precision: height and width, then components, three bytes each.
        () => after(frame.writeUInt16BE(oneOf(ODD, random) & 0xffff, oneOf([5, 7], random)), parts),
        () =>
          after(
            frame.writeUInt8(
              below(256, random),
              Math.min(4 + below(frame.length - 4, random), frame.length - 1),
            ),
            parts,
          ),
        () => shuffle(parts, random),
        () => after(part.writeUInt16BE(oneOf(ODD, random) & 0xffff, 2), parts),
        () => after(part.writeUInt8(below(256, random), 1), parts),
        () => parts.with(at, Buffer.from(mutateBytes(part, random, Math.min(part.length, 512)))),
      ],
      random,
    )(),
  )
}

/** Bytes of an entry: tag, type, count, value or offset. */
const ENTRY = 12

/** A little-endian TIFF, whose first directory is changed. */
function mutateTiff(whole: Buffer, random: Random): Buffer {
  const tiff = Buffer.from(whole)
  const directory = tiff.readUInt32LE(4)
  const entries = tiff.readUInt16LE(directory)
  const place = (): number => directory + 2 + ENTRY * below(entries, random)
  const entry = place()
  const isShort = tiff.readUInt16LE(entry + 2) === 3
  oneOf<() => unknown>(
    [
      () =>
        isShort
          ? tiff.writeUInt16LE(oneOf(ODD, random) & 0xffff, entry + 8)
          : tiff.writeUInt32LE(oneOf(ODD, random), entry + 8),
      () => tiff.writeUInt32LE(oneOf(ODD, random), entry + 4),
      () => tiff.writeUInt16LE(below(20, random), entry + 2),
      () => tiff.writeUInt16LE(254 + below(100, random), entry),
      () => tiff.copyWithin(entry, place(), place() + ENTRY),
      () => tiff.writeUInt16LE(oneOf(ODD, random) & 0xffff, directory),
      // The next directory is this one, or somewhere.
      () =>
        tiff.writeUInt32LE(
          oneOf([directory, ...ODD], random),
          Math.min(directory + 2 + ENTRY * entries, tiff.length - 4),
        ),
      () => tiff.writeUInt32LE(oneOf(ODD, random), 4),
    ],
    random,
  )()
  return tiff
}

const MUTATIONS = { png: mutatePng, jpeg: mutateJpeg, tiff: mutateTiff } as const
export type MutantFormat = keyof typeof MUTATIONS

/** A film with one to three changes: mostly of its structure, else of its bytes. */
export function mutateFilm(format: MutantFormat, film: Buffer, random: Random): Buffer {
  let bytes = film
  const count = 1 + below(3, random)
  for (let i = 0; i < count; i++)
    try {
      bytes = random() < 0.8 ? MUTATIONS[format](bytes, random) : Buffer.from(mutateBytes(bytes, random))
    } catch (error) {
      // What an earlier change broke cannot be taken apart any more.
      if (!(error instanceof RangeError)) throw error
      bytes = Buffer.from(mutateBytes(bytes, random))
    }
  return bytes
}
