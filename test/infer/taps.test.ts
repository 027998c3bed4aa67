import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeModel } from '../../converters/onnx/header.ts'
import { beforeActivation, tapName, valueNamed, withTaps } from '../../converters/onnx/tap.ts'
import { factsOf } from '../../src/data/inputs/inputs.ts'
import { openRows } from '../../src/data/scores.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { scoreFilms, scoreToFile } from '../../src/infer/score.ts'
import { openSession } from '../../src/infer/session.ts'
import { tapsOf } from '../../src/infer/taps.ts'
import { fixture, removeFolder, temporaryFolder, writeFilms } from './films.ts'

const bytes = readFileSync(fixture('classifier'))
const model = decodeModel(bytes, 'classifier.onnx')

let folder = ''
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

describe('withTaps', () => {
  it('gives values of inside as outputs, in the wanted shape, and changes no other', async () => {
    const taps = (['as-is', 'flat', 'mean'] as const).map((shape) => ({ value: 'means', shape }))
    const tapped = await openSession(withTaps(bytes, taps))
    const plain = await openSession(bytes)
    const films = Uint8Array.from({ length: 2 * plain.filmBytes }, (_, i) => (i * 37) % 251)
    const [all, own] = [await tapped.run(films, 2), await plain.run(films, 2)]
    expect(all.probabilities).toEqual(own.probabilities)
    const [asIs, flat, mean] = taps.map((_, i) => [...all[tapName(i)]!])
    expect(asIs).toHaveLength(2 * 2 * 3)
    expect(flat).toEqual(asIs)
    const expected = [0, 1, 2, 3].map((row) => asIs!.slice(3 * row, 3 * row + 3))
    expect(mean).toHaveLength(4)
    for (const [i, three] of expected.entries())
      expect(mean![i]).toBeCloseTo(three.reduce((sum, value) => sum + value) / 3, 6)
    await tapped.close()
    await plain.close()
  })

  it('leaves what has no places as it is', async () => {
    const tapped = await openSession(withTaps(bytes, [{ value: 'row', shape: 'mean' }]))
    const values = await tapped.run(new Uint8Array(tapped.filmBytes).fill(255), 1)
    expect(values[tapName(0)]).toHaveLength(6)
    await tapped.close()
  })
})

describe('names', () => {
  it('of values are found, and unknown ones are told with those most like them', () => {
    expect(valueNamed(model, 'means', '--features')).toBe('means')
    expect(() => valueNamed(model, 'logit', '--features')).toThrow(
      /^ROE_OPTION: --features: expected the name of a node or value in the model, such as logits, /,
    )
  })

  it('of what stands before the activation', () => {
    expect(beforeActivation(model)).toEqual({ value: 'logits' })
    const unknown = decodeModel(readFileSync(fixture('unknown-operator')), 'unknown')
    expect(beforeActivation(unknown)).toEqual({ endsIn: 'NoSuchOperator' })
  })
})

describe('logits', () => {
  it('are what the softmax is computed of, for each film', async () => {
    const classifier = await openModelFile(fixture('classifier'))
    const taps = await tapsOf([classifier], { logits: true, features: null })
    const films = await writeFilms(folder, 5)
    let seen = 0
    for await (const film of scoreFilms({ models: [classifier], films, wishes: { logits: true, taps } })) {
      if (film.status !== 'ok') throw new Error('a film failed')
      const [{ logits, probabilities }] = film.scores as [(typeof film.scores)[number]]
      const powers = Array.from(logits!, Math.exp)
      const sum = powers.reduce((a, b) => a + b)
      for (const [i, power] of powers.entries()) expect(probabilities[i]).toBeCloseTo(power / sum, 6)
      seen += 1
    }
    expect(seen).toBe(5)
  })
})

describe('features', () => {
  it('have a row for each film, in npy and in Parquet, NaN or unknown where it failed', async () => {
    const classifier = await openModelFile(fixture('classifier'))
    const films = await writeFilms(folder, 5)
    films[2] = join(folder, 'gone.png')
    const taps = await tapsOf([classifier], { logits: true, features: { layer: 'means', shape: 'flat' } })
    const run = async (features: 'npy' | 'parquet', found: 'restart' | 'resume', stop = -1) => {
      const wishes = { logits: true, features, taps }
      const onFilm = (done: number) => {
        if (done === stop) throw new Error('killed')
      }
      const out = join(folder, `${features}.csv`)
      await scoreToFile({
        models: [classifier],
        films,
        wishes,
        out,
        inputs: factsOf([folder]),
        found,
        onFilm,
      })
      return `${out}.features.${features}`
    }
    const bytes = readFileSync(await run('npy', 'restart'))
    const header = bytes.subarray(10, 128).toString('latin1')
    expect(header).toMatch(/^{'descr': '<f4', 'fortran_order': False, 'shape': \(5, 6\), } *\n$/)
    expect(bytes.readUInt16LE(8)).toBe(118)
    const values = new Float32Array(new Uint8Array(bytes.subarray(128)).buffer)
    expect(values).toHaveLength(30)
    expect([...values].map(Number.isNaN)).toEqual([...values].map((_, i) => i >= 12 && i < 18))
    await expect(run('npy', 'restart', 3)).rejects.toThrow('killed')
    expect(readFileSync(await run('npy', 'resume'))).toEqual(bytes)
    const source = await openRows(await run('parquet', 'restart'))
    const rows: unknown[][] = []
    for await (const { cells } of source.rows) rows.push([...cells])
    expect(rows.map(([path]) => path)).toEqual(films)
    expect(
      rows
        .flatMap((cells) => cells.slice(2))
        .map((cell) => (cell === null ? Number.NaN : Math.fround(cell as number))),
    ).toEqual([...values])
  })
})
