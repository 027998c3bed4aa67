import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARTS } from '../../src/native/parts.ts'
import { removeFolder, temporaryFolder } from '../infer/films.ts'
import { writeProgram } from '../native/made.ts'
import { roentgen, start } from './run.ts'

const folder = temporaryFolder()
const cache = join(folder, 'cache')
const home = join(cache, 'native/tensorflow')
/** The one folder on PATH: a compiler that is never used, and what a test puts there. */
const bin = join(folder, 'bin')
const env = { ROENTGEN_CACHE: cache, PATH: bin, CXX: '' }
const VERSION = 'case "$*" in *--version*) echo 1; exit 0;; esac'

beforeAll(() => {
  writeProgram(bin, 'g++', VERSION)
  symlinkSync('/bin/sleep', join(bin, 'sleep'))
})
afterAll(() => removeFolder(folder))

const isHere = `${process.platform}-${process.arch}` === 'linux-x64'
const wheel = PARTS.tensorflow.cpu.sources.at(-1)!

describe('roentgen native', () => {
  it('lists what is not installed, and removes nothing where nothing is', async () => {
    const listed = await roentgen(['native', 'list'], env)
    expect(listed).toMatchObject({ status: 0, stderr: '' })
    expect(listed.stdout).toBe(
      `tensorflow is not installed (it would be in ${home}): ${PARTS.tensorflow.describe}\n`,
    )
    expect(JSON.parse((await roentgen(['native', 'list', '--json'], env)).stdout)).toMatchObject([
      { name: 'tensorflow', installed: [], used: null },
    ])
    expect(await roentgen(['native', 'remove', 'tensorflow'], env)).toEqual({
      status: 0,
      stdout: 'tensorflow is not installed\n',
      stderr: '',
    })
  })

  it('doctor says what to do about it', async () => {
    const { stdout } = await roentgen(['doctor', '--json'], env)
    expect(JSON.parse(stdout).native).toEqual([
      {
        name: 'tensorflow',
        isThere: false,
        detail: `not installed: ${PARTS.tensorflow.describe}`,
        advice: 'run roentgen native install tensorflow',
      },
    ])
  })

  it('doctor names a part that does not work any more', async () => {
    const broken = join(folder, 'broken/native/tensorflow/2.16.2')
    mkdirSync(broken, { recursive: true })
    const mark = { format: 1, part: 'tensorflow', version: '2.16.2', variant: 'cpu', proof: 'it was fine' }
    const platform = `${process.platform}-${process.arch}`
    writeFileSync(join(broken, 'part.json'), JSON.stringify({ ...mark, platform }))
    const { status, stdout } = await roentgen(['doctor'], { ...env, ROENTGEN_CACHE: join(folder, 'broken') })
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /\n {2}tensorflow +missing {2}2\.16\.2 in \S+ does not work \([^\n]+\); run roentgen native install tensorflow again\n/,
    )
  })
})

describe.skipIf(!isHere)('roentgen native install tensorflow (on Linux, x64)', () => {
  const install = ['native', 'install', 'tensorflow']
  const nothingIsLeft = (): void => {
    if (existsSync(home)) expect(readdirSync(home)).toEqual([])
    expect(existsSync(`${home}.lock`)).toBe(false)
  }

  it('names each file that --from lacks, exactly, and what brings it', async () => {
    const from = join(folder, 'from')
    mkdirSync(from)
    const { status, stderr, stdout } = await roentgen([...install, '--from', from], env)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    const files = PARTS.tensorflow.cpu.sources.map(({ file }) => file).join(', ')
    expect(stderr).toBe(
      `ROE_NATIVE: native part tensorflow: ${from} lacks ${files}; bring them there: npm pack @tensorflow/tfjs-node@4.22.0 node-api-headers@1.9.0, and pip download --no-deps --python-version 3.11 --platform manylinux2014_x86_64 tensorflow-cpu==2.16.2\n`,
    )
    nothingIsLeft()
  })

  it('refuses another wheel under the name, a file of another name, and a path that is not there', async () => {
    const from = join(folder, 'wrong')
    mkdirSync(from)
    for (const { file } of PARTS.tensorflow.cpu.sources) writeFileSync(join(from, file), 'another file')
    const wrong = await roentgen([...install, '--from', join(from, wheel.file)], env)
    expect(wrong.stderr).toMatch(/^ROE_NATIVE: [^\n]+\.tgz is damaged or another file: [^\n]+\n$/)
    writeFileSync(join(from, 'numpy.whl'), '')
    const other = await roentgen([...install, '--from', join(from, 'numpy.whl')], env)
    expect(other.stderr).toMatch(
      /^ROE_NATIVE: [^\n]+: numpy.whl is none of the files it is made of; [^\n]+\n$/,
    )
    const nowhere = await roentgen([...install, '--from', join(from, 'nowhere')], env)
    expect(nowhere.stderr).toMatch(/^ROE_NOT_FOUND: [^\n]+\n$/)
    expect([wrong.status, other.status, nowhere.status]).toEqual([1, 1, 1])
    nothingIsLeft()
  })

  it('with --gpu names the wheels of NVIDIA, too', async () => {
    const { stderr } = await roentgen([...install, '--gpu', '--from', join(folder, 'from')], {
      ...env,
    })
    expect(stderr.trim().split('\n')).toHaveLength(1)
    // A disk may have too little room for it.
    if (!stderr.includes('free in'))
      for (const { file } of PARTS.tensorflow.gpu?.sources ?? []) expect(stderr).toContain(file)
    nothingIsLeft()
  })

  it('Ctrl-C in the middle of a download leaves nothing, not even the download', async () => {
    writeProgram(bin, 'npm', `${VERSION}; echo $$ > ${folder}/pid; sleep 600 & wait`)
    const child = start(install, env)
    child.stderr.setEncoding('utf8')
    let said = ''
    child.stderr.on('data', (text: string) => {
      said += text
    })
    while (!existsSync(join(folder, 'pid'))) await wait(20)
    expect(readdirSync(home)).toHaveLength(1)
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(said).toMatch(/^npm downloads [^\n]+\ninterrupted; half-written files are removed\n$/)
    nothingIsLeft()
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false)
  })
})
