/** Broken models, by the script that makes them: 17 of each kind here, 500 of each by `npm run test:full`. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../dist/scripts/check-mutants.js', import.meta.url))

test.each(['model.json', '.h5', '.keras'])(
  '17 seeded mutants of %s are converted and proven, or refused in one line',
  (kind) => {
    const args = [SCRIPT, '--of', '17', '--kind', kind]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/: 17 mutants: [1-9]\d* converted, [1-9]\d* refused/)
    expect(status).toBe(0)
  },
)
