/** Folders that are hard to score, by the scripts that make them: a tenth here, all by `npm run test:full`. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const script = (name: string) => fileURLToPath(new URL(`../../dist/scripts/${name}.js`, import.meta.url))
const run = (name: string, ...args: string[]) =>
  spawnSync(process.execPath, [script(name), ...args], { encoding: 'utf8' })

it('200 seeded mutants of PNG, JPEG and TIFF have a row each, and the ledger their reasons', () => {
  const { status, stdout, stderr } = run('check-film-mutants', '--of', '200')
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^200 mutants: .*ROE_FILM_DAMAGED \d+/)
  expect(stdout).toMatch(/ ok [1-9]\d*/)
  expect(status).toBe(0)
}, 120_000)

it('a folder with a fifth of bad films has a row for each input, and the command ends with 3', () => {
  const { status, stdout, stderr } = run('check-bad-films', '--of', '200')
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^200 inputs, 200 rows, [1-9]\d* failed/)
  expect(status).toBe(0)
}, 120_000)
