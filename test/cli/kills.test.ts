import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killRuns } from '../../scripts/kills/kill-runs.ts'
import { fixture, removeFolder, temporaryFolder, writeBroken, writeFilms } from '../infer/films.ts'

let folder = ''
const films = () => join(folder, 'films')
beforeAll(async () => {
  folder = temporaryFolder()
  mkdirSync(films())
  const paths = await writeFilms(films(), 8)
  for (let i = 0; i < 300; i++) symlinkSync(paths[i % 8]!, join(films(), `link${i}.png`))
  await writeBroken(films())
})
afterAll(() => removeFolder(folder))

// 30 of each: node dist/scripts/check-kills.js MODEL FILMS. Workers are killed in test/infer/conductor.test.ts, too.
describe.skipIf(process.platform !== 'linux')(
  'SIGKILL at random moments changes no byte of the output',
  () => {
    it('of the conductor, three times', async () => {
      const args = [films(), '-m', fixture('classifier')]
      const place = join(folder, 'out')
      mkdirSync(place)
      const { kills, faults } = await killRuns({ args, place, victim: 'conductor', kills: 3, seed: 7 })
      expect(faults).toEqual([])
      expect(kills).toBe(3)
    })
  },
)
