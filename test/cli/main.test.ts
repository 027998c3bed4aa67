import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../errors.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from '../infer/films.ts'
import { roentgen, start } from './run.ts'

const wordOf = ({ name }: { name: string }): string => name.split(' ')[0]!

describe('roentgen', () => {
  it('lists every command in its help', async () => {
    const { status, stdout } = await roentgen(['--help'])
    expect(status).toBe(0)
    for (const { name } of COMMANDS) expect(stdout).toContain(`roentgen ${name}`)
    await expect(stdout).toMatchFileSnapshot('help/roentgen.txt')
  })

  const verbs = COMMANDS.flatMap((row) => [
    [wordOf(row)],
    ...(row.actions ?? []).map((action) => [wordOf(row), wordOf(action)]),
  ])
  for (const words of verbs) {
    it(`${words.join(' ')} explains each of its options`, async () => {
      const { status, stdout } = await roentgen([...words, '--help'])
      expect(status).toBe(0)
      await expect(stdout).toMatchFileSnapshot(`help/${words.join('-')}.txt`)
    })
  }

  const MISUSES: [args: string[], message: RegExp][] = [
    [[], /^ROE_USAGE: roentgen: name a command; see --help\n$/],
    [['scroe'], /^ROE_USAGE: roentgen: there is no command 'scroe'; did you mean score\?; see --help\n$/],
    [
      ['score', 'films', '-m', 'x', '-o', 'y.csv', '--bath', '3'],
      /^ROE_USAGE: roentgen: there is no option --bath; did you mean --batch\?; see --help\n$/,
    ],
    [['score', 'films', '-m', 'x'], /^ROE_USAGE: roentgen: -o \(--out\) is missing; see --help\n$/],
    [['score', 'films'], /^ROE_USAGE: roentgen: -m \(--model\), -o \(--out\) are missing; /],
    [['merge', '-o', 'x.csv'], /^ROE_USAGE: roentgen: words are missing: merge <tables\.\.>; /],
    [['bench', 'compare', 'x'], /^ROE_USAGE: roentgen: words are missing: bench compare <old> <new>; /],
    [['doctor', '--tune'], /^ROE_USAGE: roentgen: --tune needs -m \(--model\); see --help\n$/],
    [
      ['score', 'films', '-m', 'x', '-o', 'y.csv', '--workers', 'abc'],
      /^ROE_OPTION: --workers: expected a number, received abc; see --help\n$/,
    ],
    [['dataset'], /^ROE_USAGE: roentgen: name an action: build, .*synth; see --help\n$/],
    [['dataset', 'synht'], /^ROE_USAGE: roentgen: there is no action 'synht'; did you mean synth\?; /],
    [['dataset', 'synth', '-o', 'x', '--film', '3'], /: there is no option --film; did you mean --films\?; /],
    [['train', '--recipe', 'none'], /^ROE_USAGE: roentgen: /],
    [['evaluate'], /^ROE_USAGE: /],
    [['evaluate', '-m', 'a', '-m', 'b', '--data', 'films'], /-m(odel)? is given more than once/],
    [['score', 'films', '-m', 'a', '-o', 'x.csv', '-o', 'y.csv'], /-o(ut)? is given more than once/],
  ]
  for (const [args, message] of MISUSES) {
    it(`roentgen ${args.join(' ')}: one line and status 2`, async () => {
      const { status, stdout, stderr } = await roentgen(args)
      expect(stderr).toMatch(message)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(stdout).toBe('')
      expect(status).toBe(2)
    })
  }

  it('--debug shows the stack, and without it there is none', async () => {
    const args = ['score', '.', '-m', 'nowhere.onnx', '-o', 'y.csv']
    expect((await roentgen(args)).stderr).not.toContain('    at ')
    expect((await roentgen([...args, '--debug'])).stderr).toContain('    at ')
  })

  it('goes on where nobody reads its progress any more', async () => {
    const folder = temporaryFolder()
    try {
      const out = join(folder, 'scores.csv')
      const child = start(['score', ...(await writeFilms(folder, 3)), '-m', fixture('classifier'), '-o', out])
      child.stderr.destroy()
      child.stdout.resume()
      const [status] = await once(child, 'close')
      expect({ status, isWritten: existsSync(out) }).toEqual({ status: 0, isWritten: true })
    } finally {
      removeFolder(folder)
    }
  })

  it('errors prints each code once', async () => {
    const { stdout } = await roentgen(['errors'])
    const codes = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0])
    expect(codes).toEqual(Object.keys(ERRORS))
    expect(JSON.parse((await roentgen(['errors', '--json'])).stdout)).toHaveLength(codes.length)
  })
})
