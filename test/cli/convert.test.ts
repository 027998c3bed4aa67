/** `roentgen convert` and `inspect`, as commands: what they say, with which status, and what is left behind. */

import { once } from 'node:events'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseMetadata } from '../../converters/onnx/metadata.ts'
import { asPng, madeFilm } from '../data/made-films.ts'
import { writeBrokenPart } from '../native/broken-part.ts'
import { hasShared, shared } from '../shared.ts'
import { roentgen, start } from './run.ts'
import { teachableMachineZip } from './teachable-machine.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/converters/${name}`, import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-convert-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const metadataOf = (path: string) => Object.fromEntries(parseMetadata(readFileSync(path)))

describe('roentgen convert', () => {
  it('converts one model, and says what it takes and gives and how far it is from its original', async () => {
    const out = join(folder, 'one', 'siamese.onnx')
    const { status, stdout, stderr } = await roentgen(['convert', fixture('siamese.keras'), '-o', out])
    expect(stderr).toContain('siamese.onnx: Keras 3 .keras archive, 99 parameters, ')
    expect(stderr).toContain('\n  takes left float32 [N, 6]\n  takes right float32 [N, 6]\n')
    expect(stderr).toMatch(/\n {2}same differs from tfjs wasm by at most \d/)
    expect([status, stdout]).toEqual([0, ''])
    expect(readdirSync(join(folder, 'one'))).toEqual(['siamese.onnx'])
    const { 'roentgen.parity': parity, ...rest } = metadataOf(out)
    expect(JSON.parse(parity!)).toMatchObject([{ output: 'same' }, { output: 'kind' }])
    // What was not said is not there.
    expect(Object.keys(rest)).toEqual(['roentgen.version', 'roentgen.source'])
  })

  const BROKEN: [how: string, code: string, problem: string][] = [
    ['ends its process', "process.kill(process.pid, 'SIGKILL')", 'its process ended with signal SIGKILL'],
    ['does not load', "throw new Error('no such symbol')", 'no such symbol'],
  ]
  for (const [how, code, problem] of BROKEN)
    it(`passes over a native part that ${how}, says so once, and compares on another, as verify does`, async () => {
      const cache = join(folder, how)
      writeBrokenPart(cache, code)
      const models = ['a.keras', 'b.keras'].map((name) => join(cache, name))
      for (const model of models) copyFileSync(fixture('siamese.keras'), model)
      const out = join(cache, 'out')
      const { status, stderr } = await roentgen(['convert', ...models, '-o', out], { ROENTGEN_CACHE: cache })
      const remedy = 'run roentgen native install tensorflow again'
      expect(
        stderr.split(`TensorFlow is passed over: it does not work (${problem}); ${remedy}`),
      ).toHaveLength(2)
      // Of two outputs each.
      expect(stderr.match(/differs from tfjs wasm by at most/g)).toHaveLength(4)
      expect([status, readdirSync(out)]).toEqual([0, ['a.onnx', 'b.onnx']])
      const verified = await roentgen(['verify', ...models], { ROENTGEN_CACHE: cache })
      expect(verified.stderr).toBe(`TensorFlow is passed over: it does not work (${problem}); ${remedy}\n`)
      expect(verified.stdout.match(/, computed by tfjs wasm\n/g)).toHaveLength(2)
      expect(verified.status).toBe(0)
    })

  it('is the same bytes each time', async () => {
    const paths = ['a.onnx', 'b.onnx'].map((name) => join(folder, name))
    for (const path of paths) await roentgen(['convert', fixture('siamese.h5'), '-o', path])
    expect(readFileSync(paths[0]!).equals(readFileSync(paths[1]!))).toBe(true)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'that is told to stop by %s while it compares leaves nothing behind',
    async (signal, expected) => {
      const place = mkdtempSync(join(folder, 'stopped-'))
      const child = start(['convert', fixture('siamese.keras'), '-o', join(place, 'siamese.onnx')])
      while (readdirSync(place).length === 0 && child.exitCode === null) await setTimeout(5)
      expect(readdirSync(place)).toEqual([expect.stringMatching(/^\.siamese\.onnx\..*\.tmp$/)])
      child.kill(signal)
      const [status] = await once(child, 'close')
      expect(status).toBe(expected)
      expect(readdirSync(place)).toEqual([])
    },
  )

  it('of several models writes those that it can, with a table and status 3', async () => {
    writeFileSync(join(folder, 'broken.h5'), 'no model')
    const out = join(folder, 'several')
    const models = [fixture('siamese.keras'), join(folder, 'broken.h5')]
    const { status, stdout, stderr } = await roentgen(['convert', ...models, '-o', out])
    expect(status).toBe(3)
    expect(stdout).toMatch(
      /siamese\.keras +ok +.*siamese\.onnx +differs by .*\n.*broken\.h5 +failed +ROE_MODEL_FORMAT\n$/,
    )
    expect(stderr).toContain('ROE_MODEL_FORMAT: ')
    expect(readdirSync(out)).toEqual(['siamese.onnx'])
  })

  it('with --verbose shows the graph that is written', async () => {
    const out = join(folder, 'verbose.onnx')
    const { stderr } = await roentgen([
      'convert',
      fixture('siamese.h5'),
      '-o',
      out,
      '--no-verify',
      '--verbose',
    ])
    expect(stderr).toMatch(/^inputs left: f32\[N,6\], right: f32\[N,6\]\n {2}%.+ = MatMul\(/)
    expect(stderr).toMatch(/\noutputs same: f32\[N,1\], kind: f32\[N,\d\]\n/)
  })

  it('without --verify says that nothing was compared, and keeps no parity', async () => {
    const out = join(folder, 'unverified.onnx')
    const { status, stderr } = await roentgen(['convert', fixture('siamese.h5'), '-o', out, '--no-verify'])
    expect(status).toBe(0)
    expect(stderr).toContain('not compared with its original (--no-verify)')
    expect(metadataOf(out)).not.toHaveProperty('roentgen.parity')
  })

  it('says of a file that is not named .onnx that others may not know it', async () => {
    const out = join(folder, 'named.txt')
    const { status, stderr } = await roentgen(['convert', fixture('siamese.h5'), '-o', out, '--no-verify'])
    expect([status, stderr.split('\n', 1)[0]]).toEqual([
      0,
      expect.stringContaining(`${out}: its name does not end`),
    ])
  })

  it('writes the opset that was asked for', async () => {
    const out = join(folder, 'opset.onnx')
    const { status } = await roentgen(['convert', fixture('siamese.keras'), '-o', out, '--opset', '13'])
    expect(status).toBe(0)
    expect((await roentgen(['inspect', out])).stdout).toContain('ONNX, opset 13, of roentgen')
  })

  it('in fp16 takes and gives what it did, says its precision, and keeps in float32 what it is asked to', async () => {
    const out = join(folder, 'half.onnx')
    const args = ['convert', fixture('unet.keras'), '-o', out, '--precision', 'fp16']
    const { status, stderr } = await roentgen([...args, '--fp32', 'ConvTranspose'])
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/takes \S+ float32 .*\n {2}gives \S+ float32 /),
    ])
    expect(metadataOf(out)['roentgen.precision']).toBe('fp16')
    expect((await roentgen(['inspect', out])).stdout).toMatch(/^roentgen\.precision +fp16$/m)
  })

  const REFUSED: [what: string, args: string[], status: number, words: string][] = [
    ['a damaged file', ['cut.h5'], 1, 'ROE_MODEL_FORMAT: '],
    ['a file that is not there', ['nowhere.h5'], 1, 'ROE_NOT_FOUND: '],
    ['labels of another number', ['whole.h5', '--labels', 'a,b,c'], 2, 'a model with one output of classes'],
    ['an input that pictures cannot be', ['whole.h5', '--scaling', 'tf'], 2, 'one input of pictures'],
    ['grey films for what takes none', ['whole.h5', '--grey'], 2, 'one input of pictures'],
    ['a shape that is none', ['whole.h5', '--shape', '1,x'], 2, 'ROE_OPTION: --shape: '],
    ['sizes for another input', ['whole.h5', '--shape', '1,9'], 2, 'ROE_OPTION: --shape: '],
    ['--keep where nothing is compared', ['whole.h5', '--keep', '--no-verify'], 2, 'ROE_OPTION: --keep'],
    ['an opset that is not written', ['whole.h5', '--opset', '12'], 2, 'ROE_USAGE: '],
    ['an opset that is no number', ['whole.h5', '--opset', 'x'], 2, 'Given: "x"'],
    ['a file that is converted already', ['done.onnx'], 1, 'done.onnx: by its name it is ONNX already'],
    [
      '--fp32 without fp16',
      ['whole.h5', '--fp32', 'Conv'],
      2,
      'ROE_OPTION: --fp32: expected with --precision',
    ],
    [
      'what is to stay in float32 and is not there',
      ['whole.h5', '--precision', 'fp16', '--fp32', 'Gemm'],
      2,
      'ROE_OPTION: --fp32: expected operators or nodes of the model, received Gemm',
    ],
    [
      '--samples where nothing is compared',
      ['whole.h5', '--samples', 'x.npy', '--no-verify'],
      2,
      'ROE_OPTION: --samples',
    ],
    ['a scaling that there is not', ['whole.h5', '--scaling', 'hounsfield'], 2, 'ROE_USAGE: '],
  ]
  for (const [what, [file, ...args], expected, words] of REFUSED) {
    it(`refuses ${what} in one line, and leaves no file`, async () => {
      const place = mkdtempSync(join(folder, 'refused-'))
      copyFileSync(fixture('siamese.h5'), join(place, 'whole.h5'))
      writeFileSync(join(place, 'cut.h5'), readFileSync(fixture('siamese.h5')).subarray(0, 9000))
      writeFileSync(join(place, 'done.onnx'), Buffer.of(8, 8))
      const before = readdirSync(place)
      const out = join(place, 'out.onnx')
      const { status, stdout, stderr } = await roentgen(['convert', join(place, file!), '-o', out, ...args])
      expect(stderr).toContain(words)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect([status, stdout]).toEqual([expected, ''])
      expect(readdirSync(place)).toEqual(before)
    })
  }

  it.skipIf(!hasShared)('a Keras model with all that is said of it scores films', async () => {
    const out = join(folder, 'cnn.onnx')
    const facts = ['--labels', 'NORMAL,PNEUMONIA', '--activation', 'sigmoid', '--scaling', 'unit']
    const fit = ['--fit', 'stretch', '--kernel', 'pil-bilinear']
    const { status, stderr } = await roentgen([
      'convert',
      shared('weights/keras3/CNN.keras'),
      '-o',
      out,
      ...facts,
      ...fit,
    ])
    expect(status).toBe(0)
    expect(stderr).toContain("its one output is the probability of 'PNEUMONIA'; the file gives both classes")
    expect(stderr).toContain('takes input_layer uint8 [N, 64, 64, 1]')
    const scores = join(folder, 'scores.csv')
    const scored = await roentgen(['score', shared('seed003/test/Normal'), '-m', out, '-o', scores])
    expect(scored.status).toBe(0)
    expect(readFileSync(scores, 'utf8').split('\n', 1)[0]).toMatch(/^path,status,label,p_NORMAL,p_PNEUMONIA,/)
  })

  it('of grey films takes one channel, whatever the model does with its three', async () => {
    const out = join(folder, 'unet.onnx')
    const { status, stderr } = await roentgen(['convert', fixture('unet.keras'), '-o', out, '--grey'])
    expect(status).toBe(0)
    expect(stderr).toContain('takes picture float32 [N, 8, 8, 1]')
  })

  it.skipIf(!hasShared)('of grey films takes one channel, and gives the same scores', async () => {
    const model = shared('weights/keras2/teachable_machine_covid_xray.h5')
    const facts = [
      '--activation',
      'softmax',
      '--scaling',
      'tf',
      '--fit',
      'stretch',
      '--kernel',
      'pil-bilinear',
    ]
    const one = ['convert', shared('weights/keras3/CNN.keras'), '-o', join(folder, 'one.onnx'), '--grey']
    expect((await roentgen(one)).stderr).toContain('--grey: expected a model with three channels')
    const scores: string[][] = []
    for (const [i, grey] of [[], ['--grey']].entries()) {
      const [out, table] = [join(folder, `grey${i}.onnx`), join(folder, `grey${i}.csv`)]
      const { status, stderr } = await roentgen(['convert', model, '-o', out, ...facts, ...grey])
      expect(status).toBe(0)
      expect(stderr).toContain(`takes sequential_1_input uint8 [N, 224, 224, ${i === 0 ? 3 : 1}]`)
      await roentgen(['score', shared('seed003/test/Normal'), '-m', out, '-o', table])
      scores.push(readFileSync(table, 'utf8').trim().split('\n').slice(1))
    }
    const [colour, grey] = scores as [string[], string[]]
    expect(colour.length).toBeGreaterThan(10)
    for (const [i, row] of colour.entries()) {
      const [facts, otherFacts] = [row, grey[i]!].map((line) => line.split(',').slice(0, 3))
      expect(otherFacts).toEqual(facts)
      const [cells, others] = [row, grey[i]!].map((line) => line.split(',').slice(3, 5).map(Number))
      for (const [k, cell] of cells!.entries()) expect(Math.abs(cell - others![k]!)).toBeLessThan(1e-5)
    }
  })

  it("Teachable Machine's zip, with its labels, scores films", async () => {
    const zip = join(folder, 'converted_tfjs.zip')
    writeFileSync(zip, await teachableMachineZip(['Normal', 'Covid, mild']))
    const out = join(folder, 'taught.onnx')
    const facts = ['--scaling', 'tf', '--activation', 'softmax', '--fit', 'crop', '--kernel', 'pil-bilinear']
    const { status, stderr } = await roentgen(['convert', zip, '-o', out, ...facts])
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('labels Normal, Covid, mild, out of metadata.json'),
    ])
    expect(stderr).toMatch(/takes \S+ uint8 \[N, 32, 32, 3\]/)
    const films = join(folder, 'taught-films')
    mkdirSync(films)
    writeFileSync(join(films, 'a.png'), await asPng(madeFilm(1)))
    const scores = join(folder, 'taught.csv')
    expect(await roentgen(['score', films, '-m', out, '-o', scores])).toMatchObject({ status: 0 })
    const [head, row, end] = readFileSync(scores, 'utf8').split('\n')
    expect(head).toMatch(/^path,status,label,p_Normal,"p_Covid, mild",/)
    const [, p, q] = /a\.png,ok,(?:"Covid, mild"|Normal),([\d.e-]+),([\d.e-]+),/.exec(row!) ?? []
    expect(Number(p) + Number(q)).toBeCloseTo(1, 5)
    expect(end).toBe('')
  })

  it.skipIf(!hasShared)('an activation that the outputs do not have is refused', async () => {
    const args = ['convert', shared('weights/tiny_dense_graph'), '-o', join(folder, 'tiny.onnx')]
    const { status, stderr } = await roentgen([...args, '--labels', 'a', '--activation', 'softmax'])
    expect(status).toBe(2)
    expect(stderr).toContain('ROE_OPTION: --activation: expected ')
  })

  it.skipIf(!hasShared)('open sizes stay open, and may be fixed', async () => {
    const out = join(folder, 'posenet.onnx')
    const args = ['convert', shared('weights/posenet_graph_uint16'), '-o', out]
    const open = await roentgen(args)
    expect(open.status).toBe(0)
    expect(open.stderr).toContain('takes sub_2 float32 [1, H, W, 3]')
    const heatmap = 'MobilenetV1/heatmap_2/BiasAdd'
    expect(open.stderr).toContain(`${heatmap} float32 [1, floor((H+15)/16), floor((W+15)/16), 17]`)
    expect(open.stderr).toMatch(/at \[1,32,34,3\] and \[1,41,45,3\]/)
    const { stdout } = await roentgen(['inspect', out])
    expect(stdout).toContain('sub_2 float [1, H, W, 3]')
    const given = await roentgen([...args, '--shape', '1,129,129,3'])
    expect(given.status).toBe(0)
    expect(given.stderr).toContain(`gives ${heatmap} float32 [1, 9, 9, 17]`)
    const sized = ['--input', 'u8', '--fit', 'stretch', '--kernel', 'cv2-linear']
    const asked = await roentgen([...args, ...sized])
    expect(asked.status).toBe(2)
    expect(asked.stderr).toContain('--fit: expected sizes, given by --shape, received [1,?,?,3]')
  })
})

describe('roentgen inspect', () => {
  it('shows the layers of a model that convert reads, and nothing else', async () => {
    const { status, stdout, stderr } = await roentgen(['inspect', fixture('siamese.keras'), '--parts'])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "format                 Keras 3 .keras archive
      parameters             99
      GMACs                  1.16e-7 for one input
      input                  left float32 [N, 6]
      input                  right float32 [N, 6]
      output                 same float32 [N, 1]
      output                 kind float32 [N, 3]
      made of                4 Dense, 4 InputLayer, 1 Average, 1 BatchNormalization, 1 Maximum

      left         InputLayer          [N, 6]
      right        InputLayer          [N, 6]
      trunk_in     InputLayer          [N, 6]
      input_layer  InputLayer          [N, 6]
      inner        Dense               [N, 5]  35
      inner_norm   BatchNormalization  [N, 5]  20
      outer        Dense               [N, 4]  24
      mean         Average             [N, 4]
      most         Maximum             [N, 4]
      same         Dense               [N, 1]  5
      kind         Dense               [N, 3]  15
      "
    `)
  })

  it('shows an ONNX file', async () => {
    const out = join(folder, 'shown.onnx')
    await roentgen(['convert', fixture('siamese.h5'), '-o', out])
    const { status, stdout } = await roentgen(['inspect', out])
    expect(status).toBe(0)
    expect(stdout).toContain('ONNX, opset 18')
    expect(stdout).toMatch(/^input +left float \[N, 6\]$/m)
    expect(stdout).toMatch(/^parameters +100$/m)
    const { status: again, stdout: json } = await roentgen(['inspect', out, '--json'])
    expect(again).toBe(0)
    expect(JSON.parse(json)).toMatchObject({ outputs: [{ name: 'same' }, { name: 'kind' }] })
  })

  it('shows what a cutoff leaves to train of a backbone, its layers numbered (S3.3)', async () => {
    const asked = ['inspect', 'vgg16', '--cutoff', '-8', '--head', 'gap', '--classes', '3']
    const { status, stdout, stderr } = await roentgen([...asked, '--parts'])
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatchInlineSnapshot(`
      "format                 backbone vgg16 (Simonyan & Zisserman 2014, arXiv:1409.1556)
      parameters             14716227
      GMACs                  15.35 for one input
      input                  input_1 float32 [N, 224, 224, 3]
      output                 dense float32 [N, 3]
      made of                13 Conv2D, 5 MaxPooling2D, 1 Dense, 1 GlobalAveragePooling2D, 1 InputLayer
      cutoff                 11 of 19 layers frozen, up to block3_pool
      trainable              12980739
      not trainable          1735488

      0   input_1                   InputLayer              [N, 224, 224, 3]             frozen
      1   block1_conv1              Conv2D                  [N, 224, 224, 64]   1792     frozen
      2   block1_conv2              Conv2D                  [N, 224, 224, 64]   36928    frozen
      3   block1_pool               MaxPooling2D            [N, 112, 112, 64]            frozen
      4   block2_conv1              Conv2D                  [N, 112, 112, 128]  73856    frozen
      5   block2_conv2              Conv2D                  [N, 112, 112, 128]  147584   frozen
      6   block2_pool               MaxPooling2D            [N, 56, 56, 128]             frozen
      7   block3_conv1              Conv2D                  [N, 56, 56, 256]    295168   frozen
      8   block3_conv2              Conv2D                  [N, 56, 56, 256]    590080   frozen
      9   block3_conv3              Conv2D                  [N, 56, 56, 256]    590080   frozen
      10  block3_pool               MaxPooling2D            [N, 28, 28, 256]             frozen
      11  block4_conv1              Conv2D                  [N, 28, 28, 512]    1180160
      12  block4_conv2              Conv2D                  [N, 28, 28, 512]    2359808
      13  block4_conv3              Conv2D                  [N, 28, 28, 512]    2359808
      14  block4_pool               MaxPooling2D            [N, 14, 14, 512]
      15  block5_conv1              Conv2D                  [N, 14, 14, 512]    2359808
      16  block5_conv2              Conv2D                  [N, 14, 14, 512]    2359808
      17  block5_conv3              Conv2D                  [N, 14, 14, 512]    2359808
      18  block5_pool               MaxPooling2D            [N, 7, 7, 512]
      19  global_average_pooling2d  GlobalAveragePooling2D  [N, 512]
      20  dense                     Dense                   [N, 3]              1539
      "
    `)
    const json = JSON.parse((await roentgen([...asked, '--json'])).stdout)
    expect(json).toMatchObject({ parameters: 14_716_227 })
    expect(json.training).toMatchObject({ trainable: 12_980_739, notTrainable: 1_735_488 })
  })

  it('refuses a cutoff of what is no backbone, and one that a backbone has not', async () => {
    const file = await roentgen(['inspect', fixture('siamese.h5'), '--cutoff', '3'])
    expect(file.status).toBe(2)
    expect(file.stderr).toContain('ROE_OPTION: --cutoff: expected a backbone to go with it (vgg16, vgg19, ')
    const layers = await roentgen(['inspect', 'vgg19', '--cutoff', '23'])
    expect(layers.status).toBe(2)
    expect(layers.stderr).toContain(
      'ROE_BACKBONE: vgg19: it has 22 layers, so that a cutoff is a whole number from -22 to 22, not 23',
    )
  })

  it('names the backbones where a word is neither a file nor one of them', async () => {
    expect(await roentgen(['inspect', 'vgg17'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^ROE_NOT_FOUND: vgg17: there is no such file, folder or backbone \(vgg16, .*squeezenet\); check/,
      ),
    })
  })

  it('says of what is no model that it is none', async () => {
    writeFileSync(join(folder, 'none.txt'), 'nothing')
    const { status, stderr } = await roentgen(['inspect', join(folder, 'none.txt')])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^ROE_MODEL_FORMAT: .*\n$/)
  })
})
