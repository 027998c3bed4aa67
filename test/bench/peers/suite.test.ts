import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openJournal } from '../../../bench/peers/suite/journal.ts'
import { PEERS } from '../../../bench/peers/suite/peers.ts'
import { planOf } from '../../../bench/peers/suite/plan.ts'
import { cellsOf, differing, tableText } from '../../../bench/peers/suite/table.ts'
import { problemIn, type Visit } from '../../../bench/peers/suite/visit.ts'
import { HUGE_PAGES } from '../../../converters/onnx/session-environment.ts'

const MACHINE = { cpu: 'Some CPU', cores: 2, os: 'Linux' }
const SETTINGS = { batch: 8, threads: 2, seconds: 5 }

const ran = (peer: string, round: number, filmsASecond: number, outputs = [0.25, 0.75]): Visit => ({
  backbone: 'vgg16',
  peer,
  round,
  loadBefore: 1,
  result: { films: filmsASecond * 5, seconds: 5, cpuSeconds: 9, version: '1.2', threads: 2, outputs },
})
const failed = (peer: string, problem: string): Visit => ({ ...ran(peer, 0, 1), result: { problem } })

let place: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'roentgen-suite-'))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

it('ours runs as roentgen starts its workers, all others as they come', () => {
  expect(PEERS.filter(({ environment }) => environment !== undefined)).toMatchObject([
    { name: 'roentgen', environment: HUGE_PAGES },
  ])
})

describe('the plan', () => {
  it('visits every peer on every backbone once a round, slow ones once, ours beside ONNX Runtime', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), (seed, rounds) => {
        const stops = planOf(['vgg16', 'mobilenet'], PEERS, rounds, seed)
        const keys = stops.map(({ backbone, peer, round }) => `${backbone} ${peer.name} ${round}`)
        expect(new Set(keys).size).toBe(keys.length)
        const slow = PEERS.filter((peer) => peer.slow).length
        expect(keys.length).toBe(2 * (rounds * (PEERS.length - slow) + slow))
        for (const [i, { peer, backbone }] of stops.entries()) {
          if (peer.name !== 'roentgen') continue
          const beside = [stops[i - 1], stops[i + 1]].filter((stop) => stop?.backbone === backbone)
          expect(beside.map((stop) => stop?.peer.name)).toContain('onnxruntime')
        }
      }),
    )
  })

  it('each of the two is first in its turn', () => {
    const first = planOf(['vgg16'], PEERS, 4, 1).flatMap(({ peer, round }) =>
      ['roentgen', 'onnxruntime'].includes(peer.name) ? [{ round, name: peer.name }] : [],
    )
    const firsts = [0, 1, 2, 3].map((round) => first.find((stop) => stop.round === round)?.name)
    expect(firsts).toEqual(['roentgen', 'onnxruntime', 'roentgen', 'onnxruntime'])
  })
})

describe('the journal', () => {
  it('goes on behind the last whole line, and keeps another run out', () => {
    const path = join(place, 'visits.jsonl')
    openJournal(path, SETTINGS).add(ran('roentgen', 0, 10))
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"backbone":"vgg16","pe`)
    const again = openJournal(path, SETTINGS)
    expect(again.visits).toEqual([ran('roentgen', 0, 10)])
    again.add(ran('keras', 0, 5))
    expect(openJournal(path, SETTINGS).visits.map(({ peer }) => peer)).toEqual(['roentgen', 'keras'])
    expect(() => openJournal(path, { ...SETTINGS, batch: 1 })).toThrow('other settings')
  })
})

describe('the table', () => {
  it('divides within a round, not across rounds', () => {
    // The machine is half as fast in the second round; the ratio is 2 in both.
    const cells = cellsOf([
      ran('roentgen', 0, 40),
      ran('keras', 0, 20),
      ran('roentgen', 1, 20),
      ran('keras', 1, 10),
    ])
    const keras = cells.find(({ peer }) => peer.name === 'keras')
    expect(keras?.ratio).toMatchObject({ least: 2, median: 2, most: 2 })
    expect(keras?.rate?.median).toBe(15)
  })

  it('a peer that computes other numbers is named, also where they are none', () => {
    for (const [outputs, isOther] of [
      [[0.25005, 0.74995], false],
      [[0.3, 0.7], true],
      [[Number.NaN, 0.75], true],
      [[0.25, 0.75, 0.25, 0.75], true],
    ] as const) {
      const cells = cellsOf([ran('roentgen', 0, 1), ran('keras', 0, 1, [...outputs])])
      expect(differing(cells).map(({ peer }) => peer.name)).toEqual(isOther ? ['keras'] : [])
    }
  })

  it('a slow peer that saw the first film alone is compared on that', () => {
    const cells = cellsOf([ran('roentgen', 0, 1, [0.25, 0.75, 0.5, 0.5]), ran('tfjs-cpu', 0, 1)])
    expect(differing(cells)).toEqual([])
  })

  it('reads as text', () => {
    const text = tableText(
      [
        ran('roentgen', 0, 40),
        ran('onnxruntime', 0, 41),
        ran('roentgen', 1, 41),
        ran('onnxruntime', 1, 41),
        ran('tfjs-wasm', 0, 2, [0.5, 0.5]),
        failed('openvino-bf16', 'this processor computes in f32, not in <bf16>'),
      ],
      SETTINGS,
      MACHINE,
    )
    expect(text).toMatchInlineSnapshot(`
      "Some CPU, 2 cores, Linux; 2 threads, 8 films a batch, 1 to 2 rounds of at least 5 s each behind a second of warm-up, every visit in a process of its own; load of the machine before a visit 1.0 to 1.0, median 1.0 (a visit leaves its own behind).

      Films a second, the median of rounds:

      | backbone | roentgen | onnxruntime | tfjs-wasm |
      | --- | --- | --- | --- |
      | vgg16 | 40.5 | 41.0 | 2.00 ≠ |

      How many times as fast as each peer roentgen is, round by round: median (least to most); below 1 the peer is faster:

      | backbone | onnxruntime | tfjs-wasm |
      | --- | --- | --- |
      | vgg16 | 0.99 (0.98 to 1.00) | 20 |

      CPU-milliseconds of a film in all threads, the median of rounds (threads that wait by spinning count too):

      | backbone | roentgen | onnxruntime | tfjs-wasm |
      | --- | --- | --- | --- |
      | vgg16 | 44.5 | 43.9 | 900 |

      What ran:

      | peer | what | version | threads | films a batch, if others |
      | --- | --- | --- | --- | --- |
      | roentgen | roentgen's session | 1.2 | 2 |  |
      | onnxruntime | ONNX Runtime, Python | 1.2 | 2 |  |
      | tfjs-wasm | TensorFlow.js on WebAssembly | 1.2 | 2 |  |

      - Left out: openvino-bf16 (this processor computes in f32, not in \\<bf16\\>).
      - ≠ tfjs-wasm computes other probabilities for vgg16: 0.25 from ours."
    `)
  })
})

describe('the reason of a program that failed', () => {
  const CASES: [name: string, stderr: string, reason: string | undefined][] = [
    [
      'Python',
      'Traceback (most recent call last):\n  File "x.py", line 1\nModuleNotFoundError: No module named \'torch\'\n',
      "ModuleNotFoundError: No module named 'torch'",
    ],
    ['sys.exit', 'this processor computes in f32\n', 'this processor computes in f32'],
    [
      'Node',
      'file:///x.mjs:3\nthrow new Error(1)\n^\n\nError: no native part\n    at file:///x.mjs:3:7\n\nNode.js v20.20.2\n',
      'Error: no native part',
    ],
    ['silence', '', undefined],
  ]
  for (const [name, stderr, reason] of CASES)
    it(`of ${name}`, () => {
      expect(problemIn(stderr)).toBe(reason)
    })
})

describe('the command', () => {
  const SUITE = fileURLToPath(new URL('../../../dist/bench/peers/suite/suite.js', import.meta.url))
  const run = (...more: string[]) =>
    spawnSync(
      process.execPath,
      [SUITE, '--backbone', 'squeezenet', '--rounds', '1', '--seconds', '0.1', '--batch', '2', ...more],
      { encoding: 'utf8' },
    )

  it('times real programs on the same numbers, leaves out what cannot run, and does nothing twice', () => {
    const out = join(place, 'peers')
    const peers = ['--peers', 'onnxruntime,tfjs-wasm', '--python', join(place, 'none'), '-o', out]
    const page = join(place, 'page.md')
    writeFileSync(page, 'above\n<!-- peers: begin -->\nold\n<!-- peers: end -->\nbelow\n')
    const first = run(...peers, '--markdown', page)
    expect(first.stdout).toMatch(/\| squeezenet \| [\d.]+ \| [\d.]+ \|\n/)
    expect(first.stdout).toContain('Left out: onnxruntime (spawn ')
    expect(first.status).toBe(0)
    expect(readFileSync(page, 'utf8')).toBe(
      `above\n<!-- peers: begin -->\n${first.stdout}<!-- peers: end -->\nbelow\n`,
    )
    const second = run(...peers)
    expect(second.stderr).toBe('')
    expect(second.stdout).toBe(first.stdout)
  }, 60_000)

  it('asks for the place of the table before hours of visits', () => {
    const page = join(place, 'bare.md')
    writeFileSync(page, 'no place')
    for (const path of [page, join(place, 'none.md')]) {
      const { status, stderr, stdout } = run('--markdown', path, '-o', join(place, 'peers'))
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^--markdown takes a file that has .* around the table: .*\.md is none\n$/)
    }
  })

  it('times two that are open at once in turn, and ends with 1 below the bar and 2 without the other', () => {
    const out = join(place, 'peers')
    const beside = fileURLToPath(new URL('../../../dist/bench/peers/suite/beside.js', import.meta.url))
    const timed = (python: string) =>
      spawnSync(
        process.execPath,
        [
          ...[beside, '--backbone', 'squeezenet', '--batch', '2', '--pairs', '1', '--slices', '2'],
          ...['--seconds', '0.05', '--python', python, '-o', out],
        ],
        { encoding: 'utf8' },
      )
    expect(timed(join(place, 'none'))).toMatchObject({ status: 2, stdout: '' })
    for (const [rate, verdict] of [
      [1, ''],
      [1e9, '  below 0.98'],
    ] as const) {
      // In the place of Python: says that it is as fast as that.
      const fake = join(place, `fake-${rate}`)
      const answer = `{"films":${rate},"seconds":1,"cpuSeconds":1}`
      writeFileSync(fake, `#!/bin/sh\necho '{"ready":true}'\nwhile read -r _; do echo '${answer}'; done\n`)
      chmodSync(fake, 0o755)
      const { stdout, status, stderr } = timed(fake)
      expect(stderr).toBe('')
      expect(stdout).toMatch(/^squeezenet +films a second [\d.]+ \([\d.]+ to [\d.]+\), CPU time a film /)
      expect(stdout.trimEnd().endsWith(verdict)).toBe(true)
      expect(status).toBe(verdict === '' ? 0 : 1)
    }
  }, 60_000)
})
