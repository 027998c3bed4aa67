import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture, removeFolder, temporaryFolder, writeFilms } from '../infer/films.ts'
import { phantomFolder } from '../train/films.ts'
import { without } from '../without.ts'
import { roentgen } from './run.ts'

const mount = (...args: string[]): boolean => {
  try {
    execFileSync('mount', args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const folder = temporaryFolder()
const disk = join(folder, 'disk')
mkdirSync(disk)
/** A disk of 24 KiB: the journal of 400 films does not fit. Only root may mount one, on Linux. */
const isMounted = mount('-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', disk)
const films = join(folder, 'films')

beforeAll(async () => {
  mkdirSync(films)
  const [film] = await writeFilms(folder, 1)
  for (let i = 0; i < 400; i++) symlinkSync(film!, join(films, `${i}.png`))
})
afterAll(() => {
  if (isMounted) execFileSync('umount', [disk])
  removeFolder(folder)
})

describe.skipIf(!isMounted)(
  `a disk that is full${without('root on Linux', isMounted || 'it mounts a small one')}`,
  () => {
    it('is told in one line; what is written is not lost, and the run goes on when there is space', async () => {
      const args = ['score', films, '-m', fixture('classifier')]
      const out = join(disk, 'scores.csv')
      const stopped = await roentgen([...args, '-o', out])
      expect(stopped.status).toBe(1)
      expect(stopped.stderr.trimEnd().split('\n').at(-1)).toMatch(
        /^ROE_WRITE: .*scores\.csv\S*: .*no space left/,
      )
      expect(existsSync(out)).toBe(false)
      const rows = readFileSync(`${out}.journal`, 'utf8').split('\n').length - 1
      expect(rows).toBeGreaterThan(30)

      expect(mount('-o', 'remount,size=4m', disk)).toBe(true)
      const ended = await roentgen([...args, '-o', out, '--resume'])
      expect(ended.status).toBe(0)
      const calm = join(folder, 'calm.csv')
      await roentgen([...args, '-o', calm])
      expect(readFileSync(out, 'utf8')).toBe(readFileSync(calm, 'utf8'))
    })

    it('leaves the last whole checkpoint of a training, which goes on when there is space', async () => {
      // For the features and one checkpoint, of 0.8 MB, but not for the next beside it.
      expect(mount('-o', 'remount,size=1200k', disk)).toBe(true)
      const data = await phantomFolder(join(folder, 'labelled'), { classes: ['a', 'b'], count: 6 })
      const args = [
        ...['train', '--data', data, '--weights', 'random', '--backbone', 'mobilenet', '--alpha', '0.25'],
        ...['--size', '64', '--head', 'gap', '--cutoff', '-6', '--epochs', '3', '--no-augment'],
      ]
      const out = join(disk, 'run')
      const stopped = await roentgen([...args, '-o', out])
      expect(stopped.status).toBe(1)
      expect(stopped.stderr.trimEnd().split('\n').at(-1)).toMatch(
        /^ROE_WRITE: .*checkpoint: .*no space left.*; check that the folder .*has space$/,
      )
      expect(readdirSync(out).sort()).toEqual(['checkpoint', 'features'])

      expect(mount('-o', 'remount,size=16m', disk)).toBe(true)
      const ended = await roentgen([...args, '-o', out, '--resume'])
      expect(ended.stderr).toMatch(/\ngoes on behind epoch 1, from /)
      expect(ended.status).toBe(0)
      const calm = join(folder, 'calm-run')
      await roentgen([...args, '-o', calm])
      for (const name of ['model.onnx', 'run.json'])
        expect(readFileSync(join(out, name)).equals(readFileSync(join(calm, name)))).toBe(true)
    })
  },
)
