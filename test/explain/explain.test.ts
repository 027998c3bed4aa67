/** A run of maps in which a film vanishes between what the model saw and what is drawn. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { explainFilms } from '../../src/explain/explain.ts'
import { encodePng } from '../../src/image/encode.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { brightnessModel, preprocessingFor } from './brightness.ts'

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-vanished-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('a film that vanishes while others are drawn has failed, and the tables say so', async () => {
  const [path, out] = [join(root, 'model.onnx'), join(root, 'maps')]
  await brightnessModel(path, preprocessingFor(64))
  const pixels = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i * 7) % 251)
  const png = await encodePng({ width: 64, height: 64, channels: 1, pixels })
  const films = ['a', 'b', 'c'].map((name) => join(root, `${name}.png`))
  for (const film of films) writeFileSync(film, png)
  const rows = await explainFilms({
    model: await openModelFile(path),
    films: films.map((film) => ({ path: film, name: film, label: null })),
    count: films.length,
    out,
    // All three are one batch, and so are through the model by now.
    onFilm: () => rmSync(films[1]!, { force: true }),
  })
  expect(rows.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok'])
  expect(rows[1]!.reason).toMatch(/^ROE_FILM_MISSING: .*b\.png/)
  expect(JSON.parse(readFileSync(join(out, 'maxima.json'), 'utf8')).films).toEqual(rows)
  expect(readdirSync(join(out, 'films'))).toHaveLength(4)
  expect(existsSync(join(out, 'grid.png'))).toBe(true)
})
