import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Results } from '../../../bench/results.ts'
import { madeCase, madeResults, madeSample } from '../../bench/made-results.ts'
import { removeFolder, temporaryFolder } from '../../infer/films.ts'
import { roentgen } from '../run.ts'

let folder = ''
beforeAll(() => {
  folder = temporaryFolder()
  for (const [name, results] of Object.entries(RESULTS)) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'bench.json'), JSON.stringify(results))
  }
})
afterAll(() => removeFolder(folder))

/** Five processes of each case; no two alike. @param factor  of all times */
function made(factor: number, models = ['mobilenet']): Results {
  const samples = models.flatMap((model) =>
    [0, 1, 2, 3, 4].map((round) => {
      const latenciesMs = Array.from({ length: 100 }, (_, i) => factor * (10 + 0.1 * round + (i % 7) / 50))
      return madeSample({ case: madeCase({ model }), round, latenciesMs })
    }),
  )
  return madeResults({ samples })
}

const RESULTS = {
  old: made(1),
  same: made(1.001),
  slow: made(1.3),
  wide: { ...made(1), samples: made(1).samples.filter(({ round }) => round % 4 === 0) },
  more: made(1, ['mobilenet', 'vgg16']),
} satisfies Record<string, Results>

const compare = (before: string, after: string, ...more: string[]) =>
  roentgen(['bench', 'compare', join(folder, before), join(folder, after, 'bench.json'), ...more])

describe('roentgen bench compare', () => {
  it('a suite that became slower by 30 % ends with 1 and says which case', async () => {
    const { status, stdout, stderr } = await compare('old', 'slow', '--fail-on', '10%')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^mobilenet single-stream cpu fp32 b1 t2 +median .*\+30\.0 % .* slower$/m)
    expect(stderr).toMatch(/^mobilenet single-stream cpu fp32 b1 t2: median \+30\.0 %$/m)
  })

  it('without --fail-on, or below it, it ends with 0', async () => {
    expect((await compare('old', 'slow')).status).toBe(0)
    expect((await compare('old', 'slow', '--fail-on', '40 %')).status).toBe(0)
    const { status, stdout } = await compare('old', 'same', '--fail-on', '0.01%')
    expect(status).toBe(0)
    expect(stdout).toContain('no difference shown')
  })

  it('says where a slowdown could have hidden, and does not fail for it', async () => {
    const { status, stderr } = await compare('old', 'wide', '--fail-on', '10%')
    expect(status).toBe(0)
    expect(stderr).toMatch(
      /^a slowdown of 10% would not show in 2 of 2 figures: mobilenet single-stream cpu fp32 b1 t2 median \(up to \+\d+\.\d %\), …; add --rounds/,
    )
    expect((await compare('old', 'same', '--fail-on', '10%')).stderr).toBe('')
  })

  it('names a case that is on one side only, also as JSON', async () => {
    expect((await compare('old', 'more')).stdout).toContain('only in the new results: vgg16 single-stream')
    const { stdout } = await compare('more', 'old', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      lost: [{ id: 'vgg16 single-stream cpu fp32 b1 t2', problem: null }],
      regressions: [],
    })
  })

  it('refuses what is no result, and no percentage', async () => {
    writeFileSync(join(folder, 'other.json'), '{}')
    const other = await roentgen(['bench', 'compare', join(folder, 'old'), join(folder, 'other.json')])
    expect(other).toMatchObject({ status: 2, stderr: expect.stringMatching(/^ROE_OPTION: .*other\.json: /) })
    const gone = await roentgen(['bench', 'compare', join(folder, 'old'), join(folder, 'gone.json')])
    expect(gone).toMatchObject({ status: 1, stderr: expect.stringMatching(/^ROE_NOT_FOUND: /) })
    expect((await compare('old', 'same', '--fail-on', 'ten')).status).toBe(2)
  })
})
