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

test('one file alone imports ONNX Runtime, behind what silences it', () => {
  const importing = ['converters', 'models', 'bench', 'src', 'scripts']
    .flatMap((floor) =>
      readdirSync(join(root, floor), { recursive: true, encoding: 'utf8' }).map((name) => join(floor, name)),
    )
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, importsOf(readFileSync(join(root, name), 'utf8'))] as const)
    .filter(([, imports]) => imports.includes('onnxruntime-node'))
  expect(importing).toEqual([['converters/onnx/onnxruntime.ts', ['./no-telemetry.ts', 'onnxruntime-node']]])
})
