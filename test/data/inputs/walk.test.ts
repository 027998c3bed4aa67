import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type WalkOptions, walk } from '../../../src/data/inputs/walk.ts'
import { fileOf, printed } from '../../../src/image/raw-path.ts'
import { folderOf } from '../files.ts'

async function walked(root: string, options?: WalkOptions): Promise<string[]> {
  const paths: string[] = []
  for await (const { path, problem } of walk(root, options))
    paths.push(problem === null ? path : `${path}: ${(problem as Error).message.split(',')[0]}`)
  return paths
}

/** Names that sort before, at and behind the slash, and that begin alike. */
const name = fc.constantFrom('a', 'a!', 'a.', 'a-', 'a0', 'a0b', 'A', 'ä', 'b', '\uffee', '🩻', '~')
const tree = fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 3 }), {
  maxLength: 25,
  selector: (parts) => parts.join('/'),
})

describe('walk', () => {
  it('gives all files in the order of a plain sort of their paths', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (paths) => {
        const root = folderOf({})
        const files: string[] = []
        for (const parts of paths) {
          const path = parts.join('/')
          try {
            mkdirSync(dirname(join(root, path)), { recursive: true })
            writeFileSync(join(root, path), '', { flag: 'wx' })
            files.push(path)
          } catch {
            // a file stands where a folder must be, or the reverse
          }
        }
        expect(await walked(root)).toEqual(files.sort())
        rmSync(root, { recursive: true })
      }),
      { numRuns: 40 },
    )
  })

  it('holds one folder of each level, and reads none before its turn', async () => {
    const root = folderOf({ 'a/1': '', 'b/1': '', 'c/1': '' })
    const steps = walk(root)
    expect((await steps.next()).value).toMatchObject({ path: 'a/1' })
    writeFileSync(join(root, 'b/0'), '')
    expect((await steps.next()).value).toMatchObject({ path: 'b/0' })
    await steps.return(undefined)
  })

  it('tells a folder that vanishes while it walks, and goes on', async () => {
    const root = folderOf({ 'a/1': '', 'b/1': '', 'c/1': '' })
    const found: string[] = []
    for await (const { path, problem } of walk(root)) {
      found.push(`${path} ${problem === null ? 'found' : (problem as NodeJS.ErrnoException).code}`)
      rmSync(join(root, 'b'), { recursive: true, force: true })
    }
    expect(found).toEqual(['a/1 found', 'b ENOENT', 'c/1 found'])
  })

  it('throws when the root itself cannot be opened', async () => {
    await expect(walked(join(folderOf({}), 'none'))).rejects.toThrow('ENOENT')
  })

  it('leaves out what is hidden unless it is wanted', async () => {
    const root = folderOf({ '.a/1': '', 'b/.1': '', 'b/2': '' })
    expect(await walked(root)).toEqual(['b/2'])
    expect(await walked(root, { hidden: true })).toEqual(['.a/1', 'b/.1', 'b/2'])
  })

  it('walks through links to folders only when it follows them, and finds loops', async () => {
    const root = folderOf({ 'a/b/1': '', 'c/2': '' })
    symlinkSync('../..', join(root, 'a/b/up'))
    symlinkSync('c', join(root, 'link'))
    symlinkSync('c/2', join(root, 'to-file'))
    symlinkSync('nowhere', join(root, 'to-nothing'))
    expect(await walked(root)).toEqual(['a/b/1', 'a/b/up', 'c/2', 'link', 'to-file', 'to-nothing'])
    expect(await walked(root, { follow: true })).toEqual([
      'a/b/1',
      'a/b/up: its links form a loop',
      'c/2',
      'link/2',
      'to-file',
      'to-nothing',
    ])
  })

  it('does not open a folder below which nothing is of interest', async () => {
    const root = folderOf({ 'a/1': '', 'b/c/1': '' })
    expect(await walked(root, { enter: (path) => path !== 'b/c' })).toEqual(['a/1'])
  })

  it.skipIf(process.platform !== 'linux')(
    'finds names and folders that are no UTF-8, each as itself, and what it gives can be opened',
    async () => {
      const root = folderOf({})
      const raw = (text: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(text, 'latin1')])
      for (const file of ['\xf6.png', '\xe4.png', '\ufffd']) writeFileSync(raw(file), '')
      mkdirSync(raw('\xfc'))
      writeFileSync(raw('\xfc/film'), '')
      writeFileSync(join(root, '\ufffd.png'), '')
      const found = await walked(root)
      expect(found.map(printed)).toEqual(['\\xE4.png', '\\xF6.png', '\\xFC/film', '\\xFD', '\ufffd.png'])
      for (const path of found) expect(() => readdirSync(fileOf(`${root}/${path}`))).toThrow('ENOTDIR')
    },
  )
})
