/** `roentgen explain`, as a command: pictures, tables, what it says and with which status. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brightnessModel, preprocessingFor } from '../explain/brightness.ts'
import { roentgen } from './run.ts'

let root = ''
let model = ''
const place = (...names: string[]) => join(root, ...names)

const WIDTH = 120
const HEIGHT = 80

/** A grey film with a bright square, and with a black bar of 24 pixels at its left. */
async function writeFilm(path: string, grey: number, spot: { x: number; y: number }): Promise<void> {
  const pixels = new Uint8Array(WIDTH * HEIGHT).fill(grey)
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      if (x < 24) pixels[y * WIDTH + x] = 0
      else if (Math.abs(x + 0.5 - spot.x) < 6 && Math.abs(y + 0.5 - spot.y) < 6) pixels[y * WIDTH + x] = 255
    }
  writeFileSync(
    path,
    await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
      .png()
      .toBuffer(),
  )
}

/** The middle of a place, one of 8 x 8 of what lies beside the bar. */
const middleOf = (column: number, row: number) => ({ x: 24 + (column + 0.5) * 12, y: (row + 0.5) * 10 })

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'roentgen-explain-'))
  model = place('model.onnx')
  await brightnessModel(model, preprocessingFor(64))
  await brightnessModel(place('blind.onnx'), preprocessingFor(64), false)
  for (const label of ['bright', 'dark']) mkdirSync(place('films', label), { recursive: true })
  await writeFilm(place('films/bright/a.png'), 180, middleOf(6, 1))
  await writeFilm(place('films/dark/a.png'), 60, middleOf(2, 7))
  await writeFilm(place('films/dark/b&<b>.png'), 170, middleOf(0, 3))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const explain = (...args: string[]) => roentgen(['explain', '-m', model, ...args])
const maxima = (folder: string) => JSON.parse(readFileSync(join(folder, 'maxima.json'), 'utf8'))
const sizeOf = async (path: string) => {
  const { width, height, channels } = await sharp(path).metadata()
  return [width, height, channels]
}

describe('roentgen explain', () => {
  it('draws the map of each film over it and over what the model saw, and says where it is largest', async () => {
    const out = place('maps')
    const { status, stdout, stderr } = await explain('--data', place('films'), '--class', 'bright', '-o', out)
    expect(stderr).toBe(
      `${join(out, 'grid.png')}: 3 films, 0 failed\nResearch use only, not for diagnosis.\n`,
    )
    expect([status, stdout]).toEqual([0, ''])
    expect(readdirSync(out).sort()).toEqual(['films', 'grid.png', 'maxima.csv', 'maxima.json'])
    expect(readdirSync(join(out, 'films')).sort()).toEqual(
      ['0001-a', '0002-a', '0003-b__b_'].flatMap((name) => [`${name}.png`, `${name}.seen.png`]),
    )
    expect(maxima(out)).toMatchObject({
      note: 'Research use only, not for diagnosis.',
      model: { file: 'model.onnx', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      films: [
        { predicted: 'bright', actual: 'bright', class: 'bright', ...middleOf(6, 1), status: 'ok' },
        { predicted: 'dark', actual: 'dark', class: 'bright', ...middleOf(2, 7), reason: null },
        { predicted: 'bright', actual: 'dark', class: 'bright', ...middleOf(0, 3) },
      ],
    })
    const csv = readFileSync(join(out, 'maxima.csv'), 'utf8').split('\n')
    expect(csv[0]).toBe('path,status,predicted,actual,class,probability,x,y,maximum,minimum,picture,reason')
    expect(csv).toHaveLength(5)
    // A title above, a line below; small films are enlarged until these fit.
    expect(await sizeOf(join(out, 'films/0001-a.png'))).toEqual([3 * WIDTH, 3 * HEIGHT + 44, 3])
    expect(await sizeOf(join(out, 'films/0001-a.seen.png'))).toEqual([6 * 64, 6 * 64 + 44, 3])
    expect((await sizeOf(join(out, 'grid.png')))[0]).toBe(1040)
  })

  it('keeps the film beside its map as it is, and colours what lies in it', async () => {
    const out = place('pixels')
    await explain(place('films/dark/a.png'), '-o', out)
    const { data, info } = await sharp(join(out, 'films/0001-a.png'))
      .raw()
      .toBuffer({ resolveWithObject: true })
    // Each pixel of the film is a square of 3 x 3.
    const pixel = (x: number, y: number, right = 0, down = 0) => {
      const at = ((3 * y + down + 26) * info.width + 3 * x + right) * 3
      return [...data.subarray(at, at + 3)]
    }
    expect(pixel(3, 40)).toEqual([0, 0, 0])
    expect(pixel(23, 40, 2, 2)).toEqual([0, 0, 0])
    expect(new Set(pixel(24, 40)).size).toBeGreaterThan(1)
    expect(new Set(pixel(60, 40)).size).toBeGreaterThan(1)
    expect(maxima(out).films).toMatchObject([{ predicted: 'dark', actual: null, class: 'dark' }])
  })

  it('is the same bytes each time', async () => {
    for (const name of ['one', 'two']) await explain('--data', place('films'), '-o', place(name))
    for (const file of ['grid.png', 'maxima.csv', 'maxima.json', 'films/0002-a.png'])
      expect(readFileSync(place('one', file)).equals(readFileSync(place('two', file)))).toBe(true)
  })

  it('lists what fails, draws the rest, and ends with 3', async () => {
    const films = place('mixed')
    mkdirSync(films)
    await writeFilm(join(films, 'good.png'), 180, middleOf(6, 1))
    writeFileSync(join(films, 'bad.png'), 'no film')
    const { status, stderr, stdout } = await explain(films, '-o', place('mixed-maps'), '--json')
    expect(status).toBe(3)
    expect(stderr).toContain(`ROE_FILM_FORMAT: ${join(films, 'bad.png')}: `)
    expect(JSON.parse(stdout).films).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('ROE_FILM_FORMAT'), x: null },
      { status: 'ok', reason: null },
    ])
    rmSync(join(films, 'good.png'))
    const all = await explain(films, '-o', place('none'))
    expect([all.status, all.stderr]).toEqual([1, expect.stringContaining('ROE_ALL_FAILED')])
  })

  const REFUSED: [what: string, args: () => string[], status: number, message: RegExp][] = [
    ['neither films nor --data', () => ['-o', 'x'], 2, /^ROE_USAGE: roentgen explain: name folders/],
    [
      'both',
      () => [place('films'), '--data', place('films'), '-o', 'x'],
      2,
      /^ROE_USAGE: roentgen explain: /,
    ],
    ['a label that there is not', () => [place('films'), '--class', 'covid', '-o', 'x'], 2, /bright, dark/],
    [
      'a folder with something in it',
      () => [place('films'), '-o', root],
      2,
      /^ROE_OPTION: -o: expected a folder/,
    ],
    ['a film that is not there', () => [place('none.png'), '-o', 'x'], 1, /^ROE_NOT_FOUND/],
    [
      'labels that the model does not know',
      () => ['--data', root, '-o', 'x'],
      1,
      /^ROE_LABELS_DIFFER: .*unknown to the model/,
    ],
  ]
  it.each(REFUSED)('refuses %s in one line', async (_, args, status, message) => {
    const ended = await explain(...args())
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect([ended.status, ended.stdout]).toEqual([status, ''])
  })

  it('is alone in its folder', async () => {
    const out = place('busy')
    mkdirSync(out)
    const holder = { host: hostname(), pid: process.pid, begun: null }
    writeFileSync(join(out, 'lock'), JSON.stringify(holder))
    const busy = await explain(place('films'), '-o', out)
    expect([busy.status, busy.stderr]).toEqual([
      1,
      expect.stringMatching(/^ROE_RUN_BUSY: .*another run is writing there/),
    ])
    expect(readdirSync(out)).toEqual(['lock'])
    // Of a process that was killed.
    writeFileSync(join(out, 'lock'), JSON.stringify({ ...holder, begun: 'another time' }))
    expect((await explain(place('films'), '-o', out)).status).toBe(0)
    expect(readdirSync(out)).not.toContain('lock')
  })

  it('passes over what roentgen dataset wrote beside the films, and says so', async () => {
    const set = place('set')
    mkdirSync(join(set, 'bright'), { recursive: true })
    await writeFilm(join(set, 'bright', 'a.png'), 180, middleOf(6, 1))
    writeFileSync(join(set, 'manifest.csv'), 'path,label,patient\nbright/a.png,bright,\n')
    const { status, stderr } = await explain(set, '-o', place('set-maps'))
    expect(stderr).toContain('note: passed over: 1 file of roentgen dataset, which are no films\n')
    expect([status, maxima(place('set-maps')).films]).toEqual([
      0,
      [expect.objectContaining({ status: 'ok' })],
    ])
  })

  it('says what a model without maps lacks', async () => {
    const { status, stderr } = await roentgen([
      ...['explain', place('films'), '-m', place('blind.onnx'), '-o', place('blind')],
    ])
    expect(stderr).toMatch(
      /^ROE_MODEL_OUTPUT: .*blind\.onnx: .*'cam' \[N, 2, h, w\] \(train with --head gap, or convert with --cam\)/,
    )
    expect(status).toBe(1)
  })
})
