/** ONNX Runtime's own library reports to its maker by default. Ours is told not to, before it is loaded. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { roentgen } from '../../cli/run.ts'
import { importsOf } from '../../floors.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

test('a run of the command leaves no trace of telemetry in the temporary folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roentgen-telemetry-'))
  const model = join(root, 'test/fixtures/converters/siamese.keras')
  const { status } = await roentgen(['convert', model, '-o', join(folder, 'out/model.onnx')], {
    TMPDIR: folder,
  })
  expect(status).toBe(0)
  expect(readdirSync(folder)).toEqual(['out'])
  rmSync(folder, { recursive: true })
})

test('ONNX Runtime is loaded in two files, behind what silences it', () => {
  const loading = ['converters', 'models', 'bench', 'src', 'scripts']
    .flatMap((floor) =>
      readdirSync(join(root, floor), { recursive: true, encoding: 'utf8' }).map((name) => join(floor, name)),
    )
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, readFileSync(join(root, name), 'utf8')] as const)
    .filter(([, source]) => /\('onnxruntime-node'\)|from 'onnxruntime-node'/.test(source))
    .map(([name, source]) => [name, importsOf(source).filter((from) => from.endsWith('/no-telemetry.ts'))])
  expect(loading).toEqual([
    ['converters/onnx/engine-node.ts', ['./no-telemetry.ts']],
    ['scripts/ort-versions/run-with.ts', ['../../converters/onnx/no-telemetry.ts']],
  ])
})
