import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roentgen } from './run.ts'

/** Any Keras file: MobileNets have no published checksum. */
const CONTENT = readFileSync(new URL('../fixtures/models/small-weights.h5', import.meta.url))
const server = createServer((request, response) => {
  const isThere = request.url === '/mobilenet_2_5_128_tf_no_top.h5'
  response.writeHead(isThere ? 200 : 404, { 'content-length': isThere ? CONTENT.length : 0 })
  response.end(isThere ? CONTENT : undefined)
})
const folder = mkdtempSync(join(tmpdir(), 'roentgen-cli-weights-'))
let env: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  env = { ROENTGEN_CACHE: folder, ROENTGEN_WEIGHTS: `http://127.0.0.1:${port}` }
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('roentgen weights', () => {
  it('fetches from a mirror, says where it lies, and counts it', async () => {
    const words = ['mobilenet', '--alpha', '0.25', '--size', '128']
    const path = join(folder, 'weights', 'mobilenet_2_5_128_tf_no_top.h5')
    const before = await roentgen(['weights', 'path', ...words], env)
    expect(before).toMatchObject({ status: 1, stdout: '' })
    const fetched = await roentgen(['weights', 'fetch', ...words], env)
    expect(fetched).toMatchObject({ status: 0, stdout: `${path}\n` })
    expect(fetched.stderr).toContain('fetched, no checksum is published; read whole')
    expect(readFileSync(path).equals(CONTENT)).toBe(true)
    expect(await roentgen(['weights', 'path', ...words], env)).toMatchObject({
      status: 0,
      stdout: `${path}\n`,
    })
    const list = await roentgen(['weights', 'list'], env)
    const row = 'mobilenet         1 of 32 here   no checksum   Apache-2.0 (Google)\n'
    expect(list.stdout).toContain(row)
    const one = await roentgen(['weights', 'list', 'mobilenet'], env)
    expect(one.stdout).toMatch(/^in .*\n/)
    expect(one.stdout.replace(/^in .*\n/, '')).toBe(row)
  })

  const refusals: [what: string, words: string[], status: number, line: RegExp][] = [
    [
      'what the mirror lacks',
      ['fetch', 'vgg16'],
      1,
      /^ROE_WEIGHTS_FETCH: http:.*404 Not Found; .*or put vgg16_/m,
    ],
    ['what nobody publishes', ['fetch', 'squeezenet'], 1, /^ROE_WEIGHTS_FETCH: squeezenet: no weights are/m],
    ['no name', ['path'], 2, /^ROE_USAGE: roentgen weights path: words are missing: the backbone/m],
  ]
  for (const [what, words, status, line] of refusals)
    it(`refuses in one line: ${what}`, async () => {
      const ended = await roentgen(['weights', ...words], env)
      expect(ended).toMatchObject({ status, stdout: '' })
      expect(ended.stderr).toMatch(line)
      expect(existsSync(join(folder, 'weights', 'vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5'))).toBe(
        false,
      )
    })
})
