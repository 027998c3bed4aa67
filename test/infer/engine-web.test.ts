/** Without onnxruntime-node: its binary is hidden from the command and from all processes that it starts. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TOLERANCES } from '../../converters/difference.ts'
import { roentgen } from '../cli/run.ts'
import { hasShared, shared } from '../shared.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from './films.ts'

const HIDE = fileURLToPath(new URL('../fixtures/infer/hide-onnxruntime-node.cjs', import.meta.url))
const HIDDEN = { NODE_OPTIONS: `--require "${HIDE}"` }

let folder = ''
let films = ''
beforeAll(async () => {
  folder = temporaryFolder()
  films = join(folder, 'films')
  mkdirSync(films)
  await writeFilms(films, 20)
})
afterAll(() => removeFolder(folder))

/** Probabilities of each row of a CSV. */
const numbersIn = (path: string): number[][] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').flatMap((cell) => (/^\d(\.|e|$)/.test(cell) ? Number(cell) : [])))

async function scoresOf(model: string, films: string, name: string, more: readonly string[], env = {}) {
  const out = join(folder, `${name}.csv`)
  const { status, stderr, stdout } = await roentgen(['score', films, '-m', model, '-o', out, ...more], env)
  expect({ status, stderr }).toMatchObject({ status: 0 })
  return { stderr, stdout, bytes: readFileSync(out, 'utf8'), numbers: numbersIn(out) }
}

function expectNear(some: number[][], others: number[][], within: number): void {
  expect(some.map((row) => row.length)).toEqual(others.map((row) => row.length))
  const differences = some.flatMap((row, i) => row.map((value, j) => Math.abs(value - others[i]![j]!)))
  expect(differences.length).toBeGreaterThan(0)
  expect(Math.max(...differences)).toBeLessThan(within)
}

describe('where onnxruntime-node has no binary', () => {
  it('score runs on onnxruntime-web, says so, and gives the same answers with any number of threads', async () => {
    const native = await scoresOf(fixture('classifier'), films, 'native', ['--json'])
    const web = await scoresOf(fixture('classifier'), films, 'web', ['--json', '--threads', '2'], HIDDEN)
    const alone = await scoresOf(fixture('classifier'), films, 'alone', ['--threads', '1'], HIDDEN)
    expect(native.stderr).toMatch(/^provider {2}cpu, fp32, batch 8$/m)
    expect(web.stderr).toMatch(/^provider {2}cpu \(onnxruntime-web, wasm\), fp32, batch 8$/m)
    expect(JSON.parse(native.stdout).engine).toMatchObject({ name: 'onnxruntime-node', by: null })
    expect(JSON.parse(web.stdout).engine).toMatchObject({ name: 'onnxruntime-web', by: 'wasm' })
    expectNear(web.numbers, native.numbers, TOLERANCES.fp32.absolute)
    expect(alone.bytes).toBe(web.bytes)
  })

  it('a provider that is named is an error, auto is the cpu', async () => {
    const out = join(folder, 'none.csv')
    const named = ['score', films, '-m', fixture('classifier'), '-o', out, '--provider']
    const webgpu = await roentgen([...named, 'webgpu'], HIDDEN)
    expect(webgpu.status).toBe(1)
    expect(webgpu.stderr).toMatch(/^ROE_PROVIDER: webgpu: onnxruntime-web for \S+ is built without webgpu;/)
    const auto = await roentgen([...named, 'auto'], HIDDEN)
    expect(auto.status).toBe(0)
    expect(auto.stderr).toMatch(/not webgpu: onnxruntime-web for \S+ is built without webgpu/)
  })

  it('doctor tells it, and what stands in', async () => {
    const { status, stdout } = await roentgen(['doctor', '--json'], HIDDEN)
    expect(status).toBe(0)
    const { packages, providers } = JSON.parse(stdout)
    const found = (list: { name: string }[], name: string) => list.find((row) => row.name === name)
    expect(found(packages, 'onnxruntime-node')).toMatchObject({ isThere: false })
    expect(found(packages, 'onnxruntime-web')).toMatchObject({ isThere: true })
    expect(found(providers, 'cpu')).toMatchObject({
      isThere: true,
      detail: expect.stringContaining('onnxruntime-web, wasm'),
    })
  })

  it('convert proves its files with it', async () => {
    const model = fileURLToPath(new URL('../fixtures/converters/siamese.keras', import.meta.url))
    const ended = await roentgen(['convert', model, '-o', join(folder, 'siamese.onnx')], HIDDEN)
    expect(ended).toMatchObject({ status: 0 })
  })

  it.skipIf(!hasShared)('a real model gives a real film the same answers within 1e-3', async () => {
    const model = join(folder, 'covid.onnx')
    const source = shared('weights/keras2/teachable_machine_covid_xray.h5')
    const options = ['--scaling', 'tf', '--activation', 'softmax', '--labels', 'a,b,c']
    const sizes = ['--fit', 'stretch', '--kernel', 'pil-bilinear', '--no-verify']
    const made = await roentgen(['convert', source, '-o', model, ...options, ...sizes])
    expect(made).toMatchObject({ status: 0 })
    const film = shared('figure1/images/COVID-00001.jpg')
    const native = await scoresOf(model, film, 'native', [])
    const web = await scoresOf(model, film, 'web', [], HIDDEN)
    expectNear(web.numbers, native.numbers, 1e-3)
  })
})
