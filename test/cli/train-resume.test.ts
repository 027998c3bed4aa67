import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killRuns } from '../../scripts/kills/kill-runs.ts'
import { phantomFolder } from '../train/films.ts'
import { roentgen, start } from './run.ts'

let root = ''
let films = ''
let others = ''
let args: string[] = []
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-train-resume-'))
  films = await phantomFolder(join(root, 'films'), { classes: ['normal', 'opacity'], count: 8 })
  others = await phantomFolder(join(root, 'others'), { classes: ['normal', 'opacity'], count: 7 })
  args = [
    ...['--data', films, '--weights', 'random', '--backbone', 'mobilenet', '--alpha', '0.25', '--size', '64'],
    ...[
      '--head',
      'gap',
      '--cutoff',
      '-6',
      '--augment-copies',
      '2',
      '--keep',
      'best',
      '--reduce-patience',
      '1',
    ],
  ]
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe.skipIf(process.platform !== 'linux')(
  'SIGKILL at random moments changes no byte of a training',
  () => {
    // Five of each kind of training: node dist/scripts/check-train-kills.js.
    it('twice', async () => {
      const place = join(root, 'kills')
      mkdirSync(place)
      const how = { job: 'train', args: [...args, '--epochs', '12'], place, victim: 'conductor' } as const
      const { kills, faults } = await killRuns({ ...how, kills: 2, seed: 3 })
      expect(faults).toEqual([])
      expect(kills).toBe(2)
    })
  },
)

it('Ctrl-C says what is whole; the folder is safe until the user says go on or begin anew', async () => {
  const out = join(root, 'interrupted')
  const all = ['train', ...args, '--epochs', '400', '-o', out]
  const child = start(all)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const closed = once(child, 'close')
  while (!said.includes('Epoch 3/400') && child.exitCode === null) await sleep(20)
  const beside = await roentgen([...all, '--restart'])
  expect(beside).toMatchObject({ status: 1, stdout: '' })
  expect(beside.stderr).toBe(
    `ROE_RUN_BUSY: ${out}: another run is writing there (process ${child.pid} on ${hostname()}); wait until it ends, or name another output\n`,
  )
  child.kill('SIGINT')
  expect(await closed).toEqual([130, null])
  expect(said).toMatch(/\ninterrupted; epoch \d+ is the last whole one: add --resume to go on behind it\n$/)
  expect(readdirSync(out).sort()).toEqual(['checkpoint', 'features'])
  const before = readFileSync(join(out, 'checkpoint'))

  const again = await roentgen(all)
  expect(again).toMatchObject({ status: 1, stdout: '' })
  expect(again.stderr).toMatch(
    /^ROE_RUN_UNFINISHED: .*checkpoint: a run was interrupted there when \d+ epochs were done; add --resume .*\n$/,
  )
  const other = await roentgen([...all, '--batch', '4', '--resume'])
  expect(other.status).toBe(1)
  expect(other.stderr.trimEnd().split('\n').at(-1)).toBe(
    `ROE_RESUME: ${join(out, 'checkpoint')}: --resume would mix two runs: plan.batch was 8, is 4; undo the change, or use --restart to begin anew`,
  )
  // Its preprocessing follows from the plan.
  const smaller = await roentgen([...all.map((arg) => (arg === '64' ? '48' : arg)), '--resume'])
  expect(smaller.stderr.trimEnd().split('\n').at(-1)).toContain(
    'would mix two runs: plan.width was 64, is 48, plan.height was 64, is 48; undo',
  )
  expect(readFileSync(join(out, 'checkpoint')).equals(before)).toBe(true)
  expect(existsSync(join(out, 'model.onnx'))).toBe(false)
})

it('a training that is done is whole, and says so; of another plan or other films it is refused', async () => {
  const out = join(root, 'done')
  const all = ['train', ...args, '--epochs', '2', '-o', out]
  expect(await roentgen([...all, '--resume'])).toMatchObject({ status: 0 })
  const model = join(out, 'model.onnx')
  const before = statSync(model).mtimeMs

  const again = await roentgen([...all, '--resume', '--json'])
  expect(again.status).toBe(0)
  expect(again.stderr.trimEnd().split('\n').at(-1)).toBe(
    `${model}: whole already, of the same plan and films; --restart trains it again`,
  )
  expect(again.stdout).toBe(readFileSync(join(out, 'run.json'), 'utf8'))

  const other = await roentgen([...all, '--batch', '4', '--resume'])
  expect(other.status).toBe(1)
  expect(other.stderr).toMatch(
    /ROE_RESUME: \S+done: --resume would mix two runs: plan.batch was 8, is 4; undo the change, or use --restart/,
  )
  const fewer = await roentgen([...all.map((arg) => (arg === films ? others : arg)), '--resume'])
  const trunk = all.map((arg) => (arg === 'random' ? films : arg))
  expect((await roentgen([...trunk, '--resume'])).stderr).toMatch(
    /ROE_RESUME: .*mix two runs: plan.weights was null, is "\S+films"; undo/,
  )
  expect(fewer.stderr).toMatch(/ROE_RESUME: .*data.digest was [0-9a-f]{12}, is [0-9a-f]{12};/)
  expect(statSync(model).mtimeMs).toBe(before)
  expect(existsSync(join(out, 'lock'))).toBe(false)
})
