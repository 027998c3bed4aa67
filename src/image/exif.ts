/** Whether Exif asks for a JPEG to be turned. Only "no" is certain; what is odd in any way is a "perhaps". */

const MARKER = { scan: 0xda, app1: 0xe1 } as const
const EXIF = Buffer.from('Exif\0\0', 'latin1')
const ORIENTATION = { tag: 0x0112, upright: 1 } as const

/** @param jpeg  from its first bytes on   @returns false where the film is upright as it is stored */
export function mayAskForTurn(jpeg: Buffer): boolean {
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff; ) {
    const marker = jpeg[at + 1]
    if (marker === MARKER.scan) return false
    const end = at + 2 + jpeg.readUInt16BE(at + 2)
    const content = jpeg.subarray(at + 4, end)
    if (marker === MARKER.app1 && content.subarray(0, 6).equals(EXIF) && !isUpright(content.subarray(6)))
      return true
    at = end
  }
  return true
}

/** @param tiff  the picture file without pictures that Exif is */
function isUpright(tiff: Buffer): boolean {
  const order = tiff.toString('latin1', 0, 4)
  const isLittle = order === 'II*\0'
  if (!isLittle && order !== 'MM\0*') return false
  const uint16 = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const uint32 = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  try {
    const directory = uint32(4)
    for (let i = 0; i < uint16(directory); i++) {
      const entry = directory + 2 + 12 * i
      if (uint16(entry) === ORIENTATION.tag && uint16(entry + 8) !== ORIENTATION.upright) return false
    }
    return true
  } catch {
    return false // it points beyond its end
  }
}
