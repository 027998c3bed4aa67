/** A folder of films a fifth of which is no film, in every way in which that happens; seeded. Each kind says what its inputs
 *  must end in. A folder called `x.png` is there too, and is no input. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { seededRandom } from '../../random.ts'
import { FORMATS_OF_MUTANTS, originalsOf } from './originals.ts'

/** Pixels a side of bombs: more than a film may have; and as many as one may. */
const TOO_LARGE = 30_000
const LARGEST = 14_000

interface Kind {
  name: string
  /** Codes that may stand in the ledger, or `ok`. */
  ends: readonly string[]
  make: (path: string, film: Buffer, random: () => number) => void
}

const cut = (film: Buffer, random: () => number): Buffer =>
  film.subarray(0, Math.floor(film.length * (0.1 + 0.5 * random())))

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A grey PNG of `side` x `side` zeros, a thousandth of its size as a file; other chunks stand before its pixels. */
function pngBomb(side: number, ...chunks: Buffer[]): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0])
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  const rows = side > LARGEST ? 100 : side
  const pixels = deflateSync(Buffer.alloc(rows * (side + 1)), { level: 1 })
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...chunks,
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

let packed: Buffer | undefined

/** 256 MB of zeros, deflated: a megabyte. */
function packedZeros(): Buffer {
  packed ??= deflateSync(Buffer.alloc(2 ** 28), { level: 1 })
  return packed
}

const textBomb = (): Buffer =>
  chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), packedZeros()]))

/** A deflated grey TIFF whose one strip unpacks to 256 MB, and is said to hold `side` x `side` pixels. */
function tiffBomb(side: number): Buffer {
  const strip = packedZeros()
  const fields = [
    [256, 4, side],
    [257, 4, side],
    [258, 3, 8],
    [259, 3, 8], // deflate
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 4, side],
    [279, 4, strip.length],
  ] as const
  const directory = Buffer.alloc(2 + 12 * fields.length + 4)
  directory.writeUInt16LE(fields.length)
  for (const [i, [tag, type, value]] of fields.entries()) {
    directory.writeUInt16LE(tag, 2 + 12 * i)
    directory.writeUInt16LE(type, 4 + 12 * i)
    directory.writeUInt32LE(1, 6 + 12 * i)
    directory.writeUInt32LE(value, 10 + 12 * i)
  }
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1')
  head.writeUInt32LE(8 + strip.length, 4)
  return Buffer.concat([head, strip, directory])
}

const damaged = ['ROE_FILM_DAMAGED'] as const
const write = (bytes: (film: Buffer, random: () => number) => Buffer | string): Kind['make'] =>
  function make(path, film, random) {
    writeFileSync(path, bytes(film, random))
  }

const KINDS: readonly Kind[] = [
  { name: 'truncated', ends: damaged, make: write(cut) },
  { name: 'empty', ends: ['ROE_FILM_EMPTY'], make: write(() => '') },
  { name: 'zeros', ends: ['ROE_FILM_FORMAT'], make: write(() => Buffer.alloc(5000)) },
  { name: 'text', ends: ['ROE_FILM_FORMAT'], make: write(() => 'no film\n') },
  { name: 'svg', ends: ['ROE_FILM_FORMAT'], make: write(() => '<svg xmlns="http://www.w3.org/2000/svg"/>') },
  { name: 'huge-png', ends: ['ROE_FILM_TOO_LARGE'], make: write(() => pngBomb(TOO_LARGE)) },
  { name: 'huge-tiff', ends: ['ROE_FILM_TOO_LARGE', ...damaged], make: write(() => tiffBomb(TOO_LARGE)) },
  { name: 'text-bomb', ends: ['ok', ...damaged], make: write(() => pngBomb(64, textBomb())) },
  { name: 'tiff-bomb', ends: ['ok', ...damaged], make: write(() => tiffBomb(64)) },
  { name: 'loop', ends: ['ROE_FILM_UNREADABLE'], make: (path) => symlinkSync(path, path) },
  { name: 'nowhere', ends: ['ROE_FILM_MISSING'], make: (path) => symlinkSync(`${path}.gone`, path) },
  {
    name: 'fifo',
    ends: ['ROE_FILM_NOT_A_FILE'],
    make: (path) => execFileSync('sh', ['-c', 'mkfifo "$0"', path]),
  },
  { name: 'folder-link', ends: ['ROE_FILM_NOT_A_FILE'], make: (path) => symlinkSync('x.png', path) },
  {
    name: 'secret', // root reads it all the same
    ends: process.getuid?.() === 0 ? ['ok'] : ['ROE_FILM_UNREADABLE'],
    make: (path, film) => {
      writeFileSync(path, film)
      chmodSync(path, 0)
    },
  },
]

/** As many pixels as a film may have, all of them black: a film, and a bomb. */
const LARGE: Kind = { name: 'largest', ends: ['ok'], make: write(() => pngBomb(LARGEST)) }

export interface BadFolder {
  /** Paths that must have a row, in order. */
  inputs: string[]
  /** Path → codes that it may end in. */
  ends: Map<string, readonly string[]>
  /** To be deleted while the run is under way: each then ends in ROE_FILM_MISSING, unless it was read before. */
  vanishing: string[]
}

/** @param count  inputs, a fifth of them bad; the last twentieth are those that vanish
 *  @param isLarge  whether films of the largest size are among them */
export async function makeBadFolder(
  folder: string,
  { count, seed, isLarge }: { count: number; seed: number; isLarge: boolean },
): Promise<BadFolder> {
  const random = seededRandom(seed)
  mkdirSync(join(folder, 'x.png'), { recursive: true })
  const films = (await Promise.all(FORMATS_OF_MUTANTS.map(originalsOf))).flat()
  const kinds = isLarge ? [...KINDS, LARGE] : KINDS
  const bad: BadFolder = { inputs: [], ends: new Map(), vanishing: [] }
  for (let i = 0; i < count; i++) {
    const film = films[Math.floor(random() * films.length)]!
    const isVanishing = i >= count * 0.95
    const kind = i % 5 === 2 && !isVanishing ? kinds[Math.floor(i / 5) % kinds.length] : undefined
    const name = kind?.name ?? (isVanishing ? 'vanishing' : 'film')
    const path = join(folder, `${String(i).padStart(6, '0')}-${name}.png`)
    if (kind === undefined) writeFileSync(path, film)
    else kind.make(path, film, random)
    bad.inputs.push(path)
    bad.ends.set(path, kind?.ends ?? (isVanishing ? ['ok', 'ROE_FILM_MISSING'] : ['ok']))
    if (isVanishing) bad.vanishing.push(path)
  }
  return bad
}
