/** The programs of bench/ are started with arguments that they do not have. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const sourceOf = (path: string): string => readFileSync(join(ROOT, 'bench', path), 'utf8')

const ALL = readdirSync(join(ROOT, 'bench'), { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.ts'),
)
const PROGRAMS = ALL.filter((path) => /^const .* = argumentsOf\(/m.test(sourceOf(path)))

const start = (program: string, args: readonly string[]) =>
  spawnSync(process.execPath, [join('dist', 'bench', program.replace(/\.ts$/, '.js')), ...args], {
    ...{ cwd: ROOT, encoding: 'utf8', timeout: 60_000 },
  })

it('nothing else reads arguments', () => {
  expect(PROGRAMS.length).toBeGreaterThan(5)
  const others = ALL.filter((path) => /parseArgs|process\.argv/.test(sourceOf(path)))
  expect(others).toEqual(['arguments.ts'])
})

describe.each(PROGRAMS)('%s', (program) => {
  it('says in one line what it takes', () => {
    const { status, stdout, stderr } = start(program, ['--help'])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^usage: node dist\/bench\/\S+\.js \S.*\n$/)
  })

  it('says in one line what it does not take', () => {
    const { status, stdout, stderr } = start(program, ['--nothing'])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Unknown option '--nothing'; usage: node dist\/bench\/\S+\.js \S.*\n$/)
  })
})

it('a value that cannot be is one line, too', () => {
  const program = join('peers', 'suite', 'suite.ts')
  for (const [args, said] of [
    [['--peers', 'nobody'], /^--peers has some of roentgen, .*\n$/],
    [['--backbone', 'vgg16', '--rounds', '0'], /^--batch, --threads, --seconds and --rounds .*\n$/],
    [['--rounds'], /^Option '--rounds <value>' argument missing; usage: .*\n$/],
    [['more'], /^Unexpected argument 'more'.*; usage: .*\n$/],
  ] as const) {
    const { status, stderr } = start(program, args)
    expect(status).toBe(2)
    expect(stderr).toMatch(said)
  }
})
