import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fetchWeights } from '../../src/weights/fetch.ts'
import { weightsPath } from '../../src/weights/places.ts'
import { type PublishedFile, publishedFile } from '../../src/weights/weights-table.ts'

const CONTENT = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251))
const MD5 = createHash('md5').update(CONTENT).digest('hex')
const NAME = 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5'
const QUICK = { pauseMs: 1, stallMs: 300 }

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server that answers as it should: whole, or the rest of the very same content. */
const good =
  (content = CONTENT, etag = '"one"'): Answer =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const isRest = from > 0 && request.headers['if-range'] === etag
    const body = isRest ? content.subarray(from) : content
    const range = isRest ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}
    response.writeHead(isRest ? 206 : 200, { etag, 'content-length': body.length, ...range })
    response.end(body)
  }

/** Says all of its length, and ends after `count` bytes. */
const short =
  (count: number, etag = '"one"'): Answer =>
  (_, response) => {
    response.writeHead(200, { ...(etag !== '' && { etag }), 'content-length': CONTENT.length })
    response.write(CONTENT.subarray(0, count), () => setTimeout(() => response.destroy(), 20))
  }

const says =
  (status: number): Answer =>
  (_, response) => {
    response.writeHead(status)
    response.end()
  }

const damaged = Buffer.from(CONTENT).fill(7, 150_000, 150_001)

let server: Server
let address = ''
let answers: Answer[] = []
let asked: (string | undefined)[] = []
let folder = ''
let file: PublishedFile

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.headers.range)
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!
    answer(request, response)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roentgen-weights-'))
  vi.stubEnv('ROENTGEN_CACHE', folder)
  vi.stubEnv('ROENTGEN_WEIGHTS', '')
  asked = []
  file = { backbone: 'vgg16', top: false, url: `${address}/models/${NAME}`, md5: MD5 }
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

const place = (): string => join(folder, 'weights', NAME)
const left = (): string[] => readdirSync(join(folder, 'weights')).sort()

describe('a file is fetched whole, and nothing else is left', () => {
  const cases: [what: string, answers: Answer[], ranges: (string | undefined)[]][] = [
    ['at once', [good()], [undefined]],
    ['in two parts, when the connection breaks', [short(60_000), good()], [undefined, 'bytes=60000-']],
    [
      'anew, when the server gives no parts',
      [short(60_000), good(CONTENT, '"two"')],
      [undefined, 'bytes=60000-'],
    ],
    ['anew, when the server has no mark for it', [short(60_000, ''), good()], [undefined, undefined]],
    ['after an error of the server', [says(503), good()], [undefined, undefined]],
    [
      'anew, when the part that is here fits nothing',
      [short(60_000), says(416), good()],
      [undefined, 'bytes=60000-', undefined],
    ],
    [
      'anew, when its first part was damaged',
      [
        (_, response) => {
          response.writeHead(200, { etag: '"one"', 'content-length': CONTENT.length })
          response.write(Buffer.alloc(60_000), () => setTimeout(() => response.destroy(), 20))
        },
        good(),
      ],
      [undefined, 'bytes=60000-', undefined],
    ],
    [
      'in parts, when the server falls silent',
      [
        (_, response) => {
          response.writeHead(200, { etag: '"one"', 'content-length': CONTENT.length })
          response.write(CONTENT.subarray(0, 60_000))
        },
        good(),
      ],
      [undefined, 'bytes=60000-'],
    ],
  ]
  for (const [what, given, ranges] of cases)
    it(what, async () => {
      answers = [...given]
      const told: number[] = []
      const onBytes = (done: number) => told.push(done)
      expect(await fetchWeights(file, { ...QUICK, onBytes })).toEqual({ path: place(), wasThere: false })
      expect(readFileSync(place()).equals(CONTENT)).toBe(true)
      expect(left()).toEqual([NAME])
      expect(asked).toEqual(ranges)
      expect(told.at(-1)).toBe(CONTENT.length)
    })

  it('from a mirror, under its own name', async () => {
    vi.stubEnv('ROENTGEN_WEIGHTS', `${address}/mirror/`)
    answers = [good()]
    await fetchWeights({ ...file, url: `http://127.0.0.1:1/never/${NAME}` }, QUICK)
    expect(readFileSync(place()).equals(CONTENT)).toBe(true)
  })

  it('only once: it is looked at, and left where it is whole; brought again where it is damaged', async () => {
    answers = [good()]
    await fetchWeights(file, QUICK)
    expect(await fetchWeights(file, QUICK)).toEqual({ path: place(), wasThere: true })
    expect(asked).toHaveLength(1)
    writeFileSync(place(), damaged)
    expect(await fetchWeights(file, QUICK)).toEqual({ path: place(), wasThere: false })
    expect(readFileSync(place()).equals(CONTENT)).toBe(true)
  })

  it('by a next run, which goes on where the last one gave up', async () => {
    answers = [short(60_000), says(404)]
    await expect(fetchWeights(file, QUICK)).rejects.toThrow('the server answers 404 Not Found')
    expect(left()).toEqual([`${NAME}.part`, `${NAME}.part.json`])
    answers = [good()]
    asked = []
    await fetchWeights(file, QUICK)
    expect(asked).toEqual(['bytes=60000-'])
    expect(readFileSync(place()).equals(CONTENT)).toBe(true)
  })
})

describe('what cannot be fetched is one line that says which file to put where', () => {
  const advice = () =>
    `; run it again to go on, or put ${NAME} from ${file.url} into ${join(folder, 'weights')} yourself, or set ROENTGEN_WEIGHTS to a folder or a mirror that has it`
  const cases: [what: string, answers: Answer[], problem: string][] = [
    ['that is not there', [says(404)], 'the server answers 404 Not Found'],
    ['of a server that always fails', [says(500)], 'the server answers 500 Internal Server Error'],
    ['that always ends early', [short(60_000, '')], 'the connection broke (terminated)'],
    ['of a server that says nothing', [() => {}], 'nothing came for 1 s'],
  ]
  for (const [what, given, problem] of cases)
    it(what, async () => {
      answers = given
      const error: unknown = await fetchWeights(file, QUICK).catch((e) => e)
      expect((error as Error).message).toBe(`ROE_WEIGHTS_FETCH: ${file.url}: ${problem}${advice()}`)
    })

  it('that is damaged: it is not kept, nor is one that was there lost', async () => {
    answers = [good(damaged)]
    await expect(fetchWeights(file, QUICK)).rejects.toThrow(
      /what came is not what is published: its MD5 is [0-9a-f]{32}, published is [0-9a-f]{32};/,
    )
    expect(left()).toEqual([])
  })

  it('without network', async () => {
    file = { ...file, url: `http://127.0.0.1:1/${NAME}` }
    await expect(fetchWeights(file, QUICK)).rejects.toThrow(
      /the server cannot be reached \(.*\); run it again/,
    )
  })

  it('that has no checksum is read whole instead', async () => {
    answers = [good()]
    await expect(fetchWeights({ ...file, md5: null }, QUICK)).rejects.toThrow(
      'what came is not what is published',
    )
    const h5 = readFileSync(new URL('../fixtures/models/small-weights.h5', import.meta.url))
    answers = [good(h5)]
    await fetchWeights({ ...file, md5: null }, QUICK)
    expect(readFileSync(place()).equals(h5)).toBe(true)
  })
})

describe('the path of weights', () => {
  it('names the command that brings what is not here', async () => {
    await expect(weightsPath({ backbone: 'vgg16' })).rejects.toThrow(
      `ROE_WEIGHTS_FETCH: ${place()}: these weights are not here; run roentgen weights fetch vgg16`,
    )
    await expect(weightsPath({ backbone: 'mobilenet', alpha: 0.25, size: 100, top: true })).rejects.toThrow(
      'run roentgen weights fetch mobilenet --alpha 0.25 --size 224 --top',
    )
  })

  it('is in the folder that ROENTGEN_WEIGHTS names; a damaged file is refused', async () => {
    vi.stubEnv('ROENTGEN_WEIGHTS', folder)
    const path = join(folder, 'mobilenet_2_5_128_tf_no_top.h5')
    writeFileSync(path, '')
    expect(await weightsPath({ backbone: 'mobilenet', alpha: 0.25, size: 128 })).toBe(path)
    writeFileSync(join(folder, NAME), CONTENT)
    await expect(weightsPath({ backbone: 'vgg16' })).rejects.toThrow('it is damaged: its MD5 is')
  })

  it('is refused where none is published', () => {
    expect(() => publishedFile({ backbone: 'squeezenet' })).toThrow(
      'ROE_WEIGHTS_FETCH: squeezenet: no weights are published for it in a form that is read here; there are some for vgg16,',
    )
    expect(() => publishedFile({ backbone: 'mobilenet', alpha: 0.3 })).toThrow(
      'no weights are published for alpha 0.3; there are some for 0.25, 0.5, 0.75, 1',
    )
  })
})
