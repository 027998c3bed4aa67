/** A native part that does not work. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Puts TensorFlow into a cache, as if it had once worked.
 *  @param code  what runs when it is loaded */
export function writeBrokenPart(cache: string, code: string): void {
  const part = join(cache, 'native', 'tensorflow', '2.16.2')
  mkdirSync(part, { recursive: true })
  const mark = { format: 1, part: 'tensorflow', version: '2.16.2', variant: 'cpu', proof: 'it worked' }
  const platform = `${process.platform}-${process.arch}`
  writeFileSync(join(part, 'part.json'), JSON.stringify({ ...mark, platform }))
  writeFileSync(join(part, 'index.js'), code)
}
