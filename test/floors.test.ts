import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkFloors, importsOf } from './floors.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

describe('the floors', () => {
  it('no import runs upwards, and no floor uses a package that is not its own', () => {
    const { files, imports, trespasses } = checkFloors(at('..'))
    console.info(`floors: ${files} files, ${imports} imports read`)
    expect(files).toBeGreaterThan(0)
    expect(imports).toBeGreaterThan(files)
    expect(trespasses).toEqual([])
  })

  it('a house that breaks them is found out', () => {
    const { files, trespasses } = checkFloors(at('fixtures/floors'))
    expect(files).toBe(4)
    expect(trespasses.map(({ file, imports }) => [file, imports])).toEqual([
      ['models/upwards.ts', 'sharp'],
      ['models/upwards.ts', 'converters/other.ts'],
      ['models/upwards.ts', 'src/image/film.ts'],
      ['src/image/film.ts', 'src/data/folder.ts'],
      ['src/nowhere/lost.ts', '../../errors.ts'],
    ])
  })

  const FORMS: [source: string, expected: string[]][] = [
    [`import { a } from './a.ts'`, ['./a.ts']],
    [`import type { A } from "./a.ts"`, ['./a.ts']],
    [`import {\n  a,\n  b,\n} from './a.ts'\nimport c from 'c'`, ['./a.ts', 'c']],
    [`export * from './a.ts'`, ['./a.ts']],
    [`import './side-effect.ts'`, ['./side-effect.ts']],
    [`const a = await import('./a.ts')`, ['./a.ts']],
    [`const text = 'from nowhere'`, []],
  ]
  for (const [source, expected] of FORMS) {
    it(`reads ${JSON.stringify(source)}`, () => {
      expect(importsOf(source)).toEqual(expected)
    })
  }
})
