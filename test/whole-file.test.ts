import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hasCode } from '../errors.ts'
import { removeUnfinished, WholeFile, withTemporaryFolder, writeWhole } from '../whole-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-write-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the folder is made, the text is there, and nothing else is left', async () => {
  await writeWhole(join(folder, 'a', 'b', 'report.txt'), 'héllo\n')
  expect(readFileSync(join(folder, 'a', 'b', 'report.txt'), 'utf8')).toBe('héllo\n')
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['report.txt'])
})

test('what a killed process left of a file is taken away, and nothing of other files', async () => {
  const files = [await WholeFile.create(join(folder, 'x')), await WholeFile.create(join(folder, 'x.y'))]
  writeFileSync(join(folder, '.x.old.tmp'), '')
  await removeUnfinished(folder, ['x', 'z'])
  expect(readdirSync(folder).sort()).toEqual([basename(files[1]!.temporary), '.x.old.tmp'].sort())
  for (const file of files) await file.abandon()
  await removeUnfinished(join(folder, 'nowhere'), ['x'])
})

test('an older file of the same name is replaced', async () => {
  writeFileSync(join(folder, 'x'), 'older and longer')
  await writeWhole(join(folder, 'x'), new Uint8Array([1, 2]))
  expect([...readFileSync(join(folder, 'x'))]).toEqual([1, 2])
})

test('a name that is taken by a folder fails in words, and the temporary file is gone', async () => {
  mkdirSync(join(folder, 'x'))
  const error = await writeWhole(join(folder, 'x'), 'y').catch((thrown: unknown) => thrown)
  expect(hasCode(error, 'ROE_WRITE')).toBe(true)
  expect(String(error)).toContain(join(folder, 'x'))
  expect(readdirSync(folder)).toEqual(['x'])
})

test('a folder that is a file fails in words', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(writeWhole(join(folder, 'file', 'x'), 'y')).rejects.toThrow(/^ROE_WRITE: .*file.x: /)
})

test.skipIf(process.platform !== 'linux')(
  'a folder that cannot be made fails in words, and at once',
  async () => {
    await expect(writeWhole('/proc/none/deeper/x', 'y')).rejects.toThrow(/^ROE_WRITE: \/proc\/none/)
  },
)

test('many files may make one folder at the same time', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `${i}.txt`)
  await Promise.all(names.map((name) => writeWhole(join(folder, 'a', 'b', 'c', name), name)))
  expect(readdirSync(join(folder, 'a', 'b', 'c'))).toHaveLength(20)
})

test('a temporary folder is there for as long as it is used', async () => {
  const used = await withTemporaryFolder(async (place) => {
    writeFileSync(join(place, 'x'), 'y')
    return place
  })
  expect(existsSync(used)).toBe(false)
})

test('a temporary folder goes with a process that is told to go', () => {
  const module = new URL('../dist/whole-file.js', import.meta.url).href
  const program = `
    import { writeFileSync } from 'node:fs'
    import { withTemporaryFolder } from '${module}'
    await withTemporaryFolder(async (place) => {
      writeFileSync(place + '/x', 'y')
      process.stdout.write(place)
      process.exit(3)
    })`
  const args = ['--input-type=module', '-e', program]
  const env = { ...process.env, TMPDIR: folder }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
  expect([status, stderr]).toEqual([3, ''])
  expect(stdout.startsWith(join(folder, 'roentgen-'))).toBe(true)
  expect(readdirSync(folder)).toEqual([])
})
