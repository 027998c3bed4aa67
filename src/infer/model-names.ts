/** Short names for models, which stand before the names of their columns. */
import { resolve, sep } from 'node:path'
import { RoentgenError } from '../../errors.ts'

/** What the names of columns begin with (layout.ts): a model may not be mistaken for one of them. */
const RESERVED = /^(p|z|sd)_/

/** The names of their files without the extension; with as many folders before as make them differ, so `model.onnx` of
 *  two folders become `fold1/model` and `fold2/model`. A colon, which ends a name, becomes `_`.
 *  @throws ROE_OPTION for a file that is named twice */
export function namesOf(paths: readonly string[]): string[] {
  const parts = paths.map((path) => {
    const all = resolve(path.replace(/\.onnx$/i, '')).split(sep)
    return all.map((part) => part.replaceAll(':', '_'))
  })
  const longest = Math.max(...parts.map(({ length }) => length))
  for (let depth = 1; depth <= longest; depth++) {
    const names = parts.map((all) => all.slice(-depth).join('/'))
    if (new Set(names).size === names.length && !names.some((name) => RESERVED.test(name))) return names
  }
  const received = paths.find((path, i) => paths.indexOf(path) !== i) ?? paths.join(' and ')
  throw new RoentgenError('ROE_OPTION', { where: '-m', expected: 'each model once', received })
}
