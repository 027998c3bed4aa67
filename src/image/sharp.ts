/** sharp as this project uses it: one thread a film, no cache, and no loader but those of FORMATS, from memory.
 *  The block holds for the whole process: who renders its own SVG unblocks `VipsForeignLoadSvgBuffer` for that. */
import sharp, { type Metadata, type Sharp } from 'sharp'

sharp.concurrency(1)
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Png', 'Jpeg', 'Tiff', 'Webp'].map((format) => `VipsForeignLoad${format}Buffer`),
})

export { type Metadata, type Sharp, sharp }
