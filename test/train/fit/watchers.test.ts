import { describe, expect, it } from 'vitest'
import type { EpochFigures } from '../../../src/train/fit/figures.ts'
import { beginWatch, look, type MonitorName, NO_WATCH } from '../../../src/train/fit/watchers.ts'
import rows from '../../fixtures/train/watchers.json' with { type: 'json' }

const FIGURES: EpochFigures = {
  epoch: 0,
  loss: 0,
  accuracy: 0,
  valLoss: 0,
  valAccuracy: 0,
  learningRate: 0,
}

/** Shows the watchers one figure after the other, until they stop. */
function watched(
  { monitor, stop, reduce, rate }: Pick<(typeof rows)[number], 'monitor' | 'stop' | 'reduce' | 'rate'>,
  values: readonly number[],
) {
  const watch = { monitor: monitor as MonitorName, keep: 'best', stop, reduce } as const
  const key = monitor === 'val_loss' ? 'valLoss' : 'valAccuracy'
  const rates: number[] = []
  let now = beginWatch(rate)
  for (const [i, value] of values.entries()) {
    now = look(watch, now, { ...FIGURES, epoch: i + 1, [key]: value })
    rates.push(now.rate)
    if (now.isStopped) break
  }
  return { epochs: rates.length, kept: now.bestEpoch, rates }
}

describe('watchers', () => {
  it('do what EarlyStopping and ReduceLROnPlateau of Keras do with the same figures', () => {
    expect(rows.length).toBeGreaterThan(50)
    for (const [i, row] of rows.entries()) {
      const { epochs, kept, rates } = watched(row, row.values)
      expect([i, epochs, rates]).toEqual([i, row.epochs, row.rates])
      if (row.kept !== null) expect([i, kept]).toEqual([i, row.kept])
    }
  })

  it('take the first of several epochs that are equally good', () => {
    const row = { monitor: 'val_accuracy', stop: null, reduce: null, rate: 1 }
    expect(watched(row, [0.5, 0.75, 0.5, 0.75, 0.75]).kept).toBe(2)
  })

  it('do nothing unless asked', () => {
    let now = beginWatch(0.25)
    for (let epoch = 1; epoch <= 50; epoch++) now = look(NO_WATCH, now, { ...FIGURES, epoch, valLoss: epoch })
    expect(now).toMatchObject({ rate: 0.25, isStopped: false, bestEpoch: 1 })
  })

  it('remember plain data, which JSON does not change', () => {
    const watch = { ...NO_WATCH, stop: { patience: 3, minDelta: 0 } }
    let now = beginWatch(0.1)
    expect(JSON.parse(JSON.stringify(now))).toEqual(now)
    now = look(watch, now, { ...FIGURES, epoch: 1, valLoss: 0.1 + 0.2 })
    expect(JSON.parse(JSON.stringify(now))).toEqual(now)
  })
})
