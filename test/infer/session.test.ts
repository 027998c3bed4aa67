import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Draft } from '../../converters/graph/draft.ts'
import { DTYPE_NUMBERS } from '../../converters/graph/operators.ts'
import { encodeModel } from '../../converters/onnx/encode.ts'
import { tapName, withTaps } from '../../converters/onnx/tap.ts'
import { openModelFile } from '../../src/infer/model-file.ts'
import { operatorsOf } from '../../src/infer/operators.ts'
import { openSession, type Session } from '../../src/infer/session.ts'
import { fixture, removeFolder, temporaryFolder } from './films.ts'

describe('openSession', () => {
  let session: Session
  beforeAll(async () => {
    session = await openSession(fixture('classifier'), { threads: 1 })
  })
  afterAll(() => session.close())

  it('says what goes in and comes out', () => {
    expect(session).toMatchObject({
      input: { name: 'film', dtype: 'uint8', filmShape: [32, 32, 3] },
      outputs: [{ name: 'probabilities', dtype: 'float32', filmShape: [3] }],
      batch: 8,
      filmBytes: 3072,
    })
  })

  it('gives a film the same bytes in any place, in any company, padded or not', async () => {
    const size = session.filmBytes
    const bytes = fc.uint8Array({ minLength: size, maxLength: size })
    await fc.assert(
      fc.asyncProperty(bytes, bytes, fc.nat(session.batch - 1), async (film, other, place) => {
        const alone = await session.run(film, 1)
        const full = new Uint8Array(session.batch * size)
        for (let i = 0; i < session.batch; i++) full.set(i === place ? film : other, i * size)
        const among = await session.run(full, session.batch)
        expect(alone.probabilities).toHaveLength(3)
        expect(among.probabilities?.subarray(3 * place, 3 * place + 3)).toEqual(alone.probabilities)
      }),
      { numRuns: 50 },
    )
  })

  it('opens bytes as well as a path, with the batch that the model fixes', async () => {
    const fixed = await openSession(readFileSync(fixture('fixed-batch')))
    expect(fixed.batch).toBe(4)
    expect((await fixed.run(new Uint8Array(3072), 1)).probabilities).toHaveLength(3)
    await fixed.close()
  })

  it('gives what a model of another program means, once docs/examples/onnx-for-score.py has made it ready', async () => {
    const { labels, activation } = await openModelFile(fixture('foreign'))
    expect([labels, activation]).toEqual([['normal', 'opacity'], 'softmax'])
    const foreign = await openSession(fixture('foreign'))
    const film = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 37) % 256)
    // PyTorch's own scaling, and the model that make_foreign.py writes.
    const [red, green, blue] = [0.485, 0.456, 0.406].map((mean, channel) => {
      const values = [...film].filter((_, i) => i % 3 === channel)
      const average = values.reduce((sum, value) => sum + value, 0) / values.length / 255
      return (average - mean) / [0.229, 0.224, 0.225][channel]!
    }) as [number, number, number]
    const { probabilities } = await foreign.run(film, 1)
    expect(probabilities?.[0]).toBeCloseTo(1 / (1 + Math.exp(green - blue - red)), 6)
    await foreign.close()
  })

  it('runs the nodes as they stand in the file where it is not to optimise, and gives the same', async () => {
    // Two Transposes that cancel each other, which ONNX Runtime takes away.
    const draft = new Draft()
    draft.input('film', { dtype: 'uint8', shape: [1, 2, 3, 1] })
    const there = draft.add('Transpose', ['film'], { perm: [0, 2, 1, 3] })
    const back = draft.add('Transpose', [there], { perm: [0, 2, 1, 3] })
    draft.outputs = [draft.add('Cast', [back], { to: DTYPE_NUMBERS.float32 }, 'same')]
    const model = encodeModel(draft.freeze())
    const folder = temporaryFolder()
    const operators = async (optimise: boolean) => {
      const profile = join(folder, String(optimise))
      const one = await openSession(model, { threads: 1, optimise, profile })
      expect((await one.run(Uint8Array.of(1, 2, 3, 4, 5, 6), 1)).same).toEqual(
        Float32Array.of(1, 2, 3, 4, 5, 6),
      )
      one.endProfile()
      await one.close()
      const file = readdirSync(folder).find((name) => name.startsWith(String(optimise))) ?? ''
      return operatorsOf(JSON.parse(readFileSync(join(folder, file), 'utf8'))).all
    }
    expect(await operators(false)).toBe(3)
    expect(await operators(true)).toBe(1)
    removeFolder(folder)
  })

  it('fetches only the outputs that are wanted, in the order of the model', async () => {
    const path = fixture('classifier')
    const taps = [{ value: 'probabilities', shape: 'flat' } as const]
    const bytes = withTaps(readFileSync(path), taps)
    const film = new Uint8Array(3072)
    for (const [outputs, expected] of [
      [undefined, ['probabilities', tapName(0)]],
      [
        [tapName(0), 'probabilities'],
        ['probabilities', tapName(0)],
      ],
      [[tapName(0)], [tapName(0)]],
    ] as const) {
      const some = await openSession(bytes, outputs && { outputs })
      expect(some.outputs.map(({ name }) => name)).toEqual(expected)
      expect(Object.keys(await some.run(film, 1))).toEqual(expected)
      await some.close()
    }
  })

  for (const [name, options, message] of [
    ['none', {}, /^ROE_MODEL_INVALID: /],
    ['garbage', {}, /^ROE_MODEL_INVALID: .*Protobuf parsing failed/],
    ['unknown-operator', {}, /^ROE_MODEL_INVALID: .*No Op registered for NoSuchOperator/],
    ['float-input', {}, /^ROE_MODEL_INPUT: .*it takes float32 \[N, 32, 32, 3\]/],
    ['wrong-rank', {}, /^ROE_MODEL_INPUT: .*it takes uint8 \[N, 1024\]/],
    ['fixed-batch', { batch: 8 }, /^ROE_OPTION: --batch: expected 4, which the model fixes, received 8/],
    ['classifier', { batch: 0 }, /^ROE_OPTION: --batch: expected a whole number from 1 to 1024, received 0/],
    // Each is missing somewhere; on Linux both.
    [
      'classifier',
      { provider: process.platform === 'win32' ? 'coreml' : 'dml' },
      /^ROE_PROVIDER: .*built without/,
    ],
  ] as const)
    it(`${name} with ${JSON.stringify(options)} is refused`, async () => {
      await expect(openSession(fixture(name), options)).rejects.toThrow(message)
    })
})
