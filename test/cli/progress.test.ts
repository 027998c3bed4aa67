import { describe, expect, it } from 'vitest'
import { type Progress, progress } from '../../src/cli/progress.ts'

/** Runs a script against a clock that is set by hand. */
function seen(
  options: { isTTY?: boolean; json?: boolean; total?: number | null },
  script: (shown: Progress, at: (ms: number) => void) => void,
): string[] {
  const lines: string[] = []
  let time = 1000
  const { isTTY = false, total = 1000, ...rest } = options
  const stream = { isTTY, write: (text: string) => lines.push(text) > 0 }
  const shown = progress(total, 'films', { ...rest, stream, now: () => time })
  script(shown, (ms) => {
    time = 1000 + ms
  })
  return lines
}

describe('progress', () => {
  it('writes a plain line every few seconds', () => {
    const lines = seen({}, (shown, at) => {
      for (let ms = 0; ms <= 10_000; ms += 100) {
        at(ms)
        shown.update(ms / 20)
      }
      shown.end()
    })
    expect(lines).toEqual([
      '250 of 1000 films, 50.0 a second, 15 s left\n',
      '500 of 1000 films, 50.0 a second, 10 s left\n',
    ])
  })

  it('writes over one line with a bar on a terminal, and takes it away', () => {
    const lines = seen({ isTTY: true }, (shown, at) => {
      shown.update(0)
      at(200)
      shown.update(10)
      at(400)
      shown.update(500, 3)
      shown.end()
    })
    expect(lines).toEqual([
      '\r\x1b[K[--------------------] 10 of 1000 films, 50.0 a second, 20 s left',
      '\r\x1b[K[##########----------] 500 of 1000 films, 1250.0 a second, 1 s left, 3 failed',
      '\r\x1b[K',
    ])
  })

  it('ends with words on where it stands', () => {
    const lines = seen({ isTTY: true }, (shown, at) => {
      shown.update(0)
      shown.tell('loss: 0.5312')
      at(200)
      shown.update(500)
    })
    expect(lines).toEqual([
      '\r\x1b[K[##########----------] 500 of 1000 films, 2500.0 a second, 1 s left, loss: 0.5312',
    ])
  })

  it('tells the rate of the last seconds, and none where nothing was done', () => {
    const lines = seen({ total: 100_000 }, (shown, at) => {
      for (let s = 0; s <= 60; s++) {
        at(1000 * s)
        shown.update(s <= 30 ? s * 100 : 3000)
      }
    })
    expect(lines[5]).toBe('3000 of 100000 films, 100.0 a second, 17 min left\n')
    expect(lines.at(-1)).toBe('3000 of 100000 films, none in the last seconds\n')
  })

  it('counts no films that were done before it began', () => {
    const [line] = seen({}, (shown, at) => {
      shown.update(500)
      at(5000)
      shown.update(550)
    })
    expect(line).toBe('550 of 1000 films, 10.0 a second, 45 s left\n')
  })

  it('tells workers that start, are given up or were replaced', () => {
    const [line] = seen({ total: null }, (shown, at) => {
      shown.tellWorkers([
        { pid: 1, state: 'running', restarts: 0 },
        { pid: 2, state: 'starting', restarts: 2 },
        { pid: undefined, state: 'given up', restarts: 2 },
      ])
      shown.update(0)
      at(5000)
      shown.update(50)
    })
    expect(line).toBe(
      '50 films, 10.0 a second, 1 of 3 workers starting, 1 of 3 workers given up, 4 restarts\n',
    )
  })

  it('writes events for machines', () => {
    const lines = seen({ json: true }, (shown, at) => {
      shown.tellWorkers([{ pid: 7, state: 'decoding', restarts: 1 }])
      shown.update(0)
      at(1000)
      shown.update(20, 1)
    })
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        event: 'progress',
        done: 20,
        total: 1000,
        failed: 1,
        perSecond: 20,
        secondsLeft: 49,
        workers: [{ pid: 7, state: 'decoding', restarts: 1 }],
      },
    ])
  })
})
