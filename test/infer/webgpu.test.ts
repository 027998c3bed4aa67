/** WebGPU for real, on a software Vulkan driver: the provider of onnxruntime-node, through the command. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roentgen } from '../cli/run.ts'
import { hasShared, shared } from '../shared.ts'
import { without } from '../without.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from './films.ts'
import { hasSwiftShader, SWIFTSHADER } from './gpu.ts'

let folder = ''
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

interface Row {
  path: string
  label: string
  probabilities: Record<string, number>
}

async function score(films: string, model: string, ...more: string[]) {
  const out = join(folder, `scores${more.join('')}.jsonl`)
  const args = ['score', films, '-m', model, '-o', out, '--json', ...more]
  const { status, stderr, stdout } = await roentgen(args, SWIFTSHADER)
  expect({ status, stderr }).toMatchObject({ status: 0 })
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  return { stderr, summary: JSON.parse(stdout), rows: lines.map((line) => JSON.parse(line) as Row) }
}

/** Largest difference of what two runs say of the same films. */
const farthest = (some: readonly object[], others: readonly object[]): number =>
  Math.max(
    ...some.flatMap((row, i) => {
      const other = new Map(Object.entries(others[i]!))
      const numbers = Object.entries(row).filter(([name]) => name.startsWith('p_'))
      expect(numbers.length).toBeGreaterThan(1)
      return numbers.map(([name, value]) => Math.abs(value - other.get(name)))
    }),
  )

const told = without('SwiftShader', hasSwiftShader || 'apt-get install chromium libvulkan1 brings it')

describe.skipIf(!hasSwiftShader)(`webgpu${told}`, () => {
  let films = ''
  beforeAll(async () => {
    films = join(folder, 'films')
    mkdirSync(films)
    await writeFilms(films, 20)
  })

  it('gives what the cpu gives, and is in the header and the summary', async () => {
    const cpu = await score(films, fixture('classifier'))
    const gpu = await score(films, fixture('classifier'), '--provider', 'webgpu')
    expect(gpu.stderr).toMatch(/^provider {2}webgpu, fp32, batch 8$/m)
    expect(gpu.stderr).toMatch(/^ +webgpu runs 7 of 7 operators; within \d\.\de-\d+ of the cpu$/m)
    expect(gpu.summary).toMatchObject({ provider: 'webgpu', tried: [{ agrees: true }] })
    expect(farthest(gpu.rows, cpu.rows)).toBeLessThan(1e-5)
  })

  it('is passed over by auto where it agrees but is slower, and that is said', async () => {
    const { stderr, summary } = await score(films, fixture('classifier'), '--provider', 'auto')
    expect(stderr).toMatch(/^provider {2}cpu, /m)
    expect(stderr).toMatch(/^ +not webgpu: it is \d+\.\d times slower$/m)
    expect(summary.passedOver).toContainEqual({
      provider: 'webgpu',
      why: expect.stringContaining('slower'),
    })
  })

  it.skipIf(!hasShared)('runs a published MobileNet on real films as the cpu does', async () => {
    const model = join(folder, 'mobilenet.onnx')
    const labels = Array.from({ length: 1000 }, (_, i) => `c${i}`).join(',')
    const facts = ['--labels', labels, '--activation', 'softmax', '--scaling', 'tf', '--fit', 'stretch']
    const source = shared('weights/mobilenet_v1_0.25_224')
    const args = ['convert', source, '-o', model, ...facts, '--kernel', 'pil-bilinear', '--no-verify']
    expect(await roentgen(args)).toMatchObject({ status: 0 })
    const real = join(folder, 'real')
    mkdirSync(real)
    const [first, second] = readdirSync(shared('figure1/images')).sort()
    for (const name of [first!, second!]) copyFileSync(shared(`figure1/images/${name}`), join(real, name))
    const cpu = await score(real, model, '--batch', '1')
    const gpu = await score(real, model, '--batch', '1', '--provider', 'webgpu')
    expect(gpu.rows.map(({ label }) => label)).toEqual(cpu.rows.map(({ label }) => label))
    expect(farthest(gpu.rows, cpu.rows)).toBeLessThan(1e-5)
  })
})

it('without any Vulkan driver it is an error in one line, never the cpu', async () => {
  const args = ['score', folder, '-m', fixture('classifier'), '-o', join(folder, 'none.csv')]
  const env = { VK_ICD_FILENAMES: join(folder, 'none.json') }
  await writeFilms(folder, 1)
  const { status, stderr } = await roentgen([...args, '--provider', 'webgpu'], env)
  if (process.platform !== 'linux') return
  expect(status).toBe(1)
  expect(stderr).toMatch(/^ROE_PROVIDER: webgpu: [^\n]*adapter[^\n]*\n$/)
})
