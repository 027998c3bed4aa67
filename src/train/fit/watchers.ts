/** The table of watchers: what is done after an epoch where a figure gets better, or no longer does. Keras' rules and
 *  names. What a watcher remembers is plain data, so that a training can be kept and gone on with. */
import type { EpochFigures } from './figures.ts'

/** Figures that can be watched, and the sign of what is better. */
const MONITORS = {
  val_loss: { figure: 'valLoss', better: -1 },
  val_accuracy: { figure: 'valAccuracy', better: 1 },
} as const satisfies Record<string, { figure: keyof EpochFigures; better: 1 | -1 }>

export type MonitorName = keyof typeof MONITORS
export const MONITOR_NAMES = Object.keys(MONITORS) as MonitorName[]

/** What is watched, and what it leads to. */
export interface Watch {
  monitor: MonitorName
  /** The weights that are exported: those of the last epoch, or of the best (the first of several that are equal). */
  keep: 'last' | 'best'
  /** Ends the training after so many epochs that are not better by more than `minDelta`. */
  stop: { patience: number; minDelta: number } | null
  /** Multiplies the rate by `factor` after so many epochs that are not better by more than `minDelta`, and waits for
   *  `cooldown` epochs then; never below `minRate`. */
  reduce: { patience: number; minDelta: number; factor: number; cooldown: number; minRate: number } | null
}

/** Of Keras' ReduceLROnPlateau. */
export const REDUCE = { patience: 10, minDelta: 1e-4, factor: 0.1, cooldown: 0, minRate: 0 } as const

export const NO_WATCH: Watch = { monitor: 'val_loss', keep: 'last', stop: null, reduce: null }

/** What a watcher remembers: the best figure so far, null before the first, and how long it waits. */
interface Memory {
  best: number | null
  wait: number
  /** Epochs that are still passed over. */
  cooldown: number
}

/** What the watchers remember, and what they decided. */
export interface Watched {
  keep: Memory
  stop: Memory
  reduce: Memory
  /** The rate, as they left it. */
  rate: number
  /** The epoch with the best figure, from 1; 0 before the first. */
  bestEpoch: number
  isStopped: boolean
}

const FRESH: Memory = { best: null, wait: 0, cooldown: 0 }

export const beginWatch = (rate: number): Watched => ({
  keep: FRESH,
  stop: FRESH,
  reduce: FRESH,
  rate,
  bestEpoch: 0,
  isStopped: false,
})

/** What a watcher is told after an epoch. */
interface Told {
  watch: Watch
  watched: Watched
  epoch: number
  /** Whether the figure of this epoch is better than another one, by more than a margin. */
  isBetter: (than: number | null, margin: number) => boolean
  value: number
}

/** Each is given what is known after an epoch, and gives what changes. They look in this order. */
const WATCHERS: readonly ((told: Told) => Partial<Watched>)[] = [
  /** ModelCheckpoint(save_best_only), with the margin of EarlyStopping(restore_best_weights) where that is on. */
  ({ watch: { stop }, watched: { keep }, epoch, isBetter, value }) =>
    isBetter(keep.best, stop?.minDelta ?? 0) ? { keep: { ...FRESH, best: value }, bestEpoch: epoch } : {},
  /** EarlyStopping, which never stops after the first epoch. */
  ({ watch, watched: { stop }, epoch, isBetter, value }) => {
    if (watch.stop === null) return {}
    if (isBetter(stop.best, watch.stop.minDelta)) return { stop: { ...FRESH, best: value } }
    const wait = stop.wait + 1
    return { stop: { ...stop, wait }, isStopped: wait >= watch.stop.patience && epoch > 1 }
  },
  /** ReduceLROnPlateau. */
  ({ watch: { reduce: rule }, watched: { reduce, rate }, isBetter, value }) => {
    if (rule === null) return {}
    const cooldown = Math.max(0, reduce.cooldown - 1)
    const before = reduce.cooldown > 0 ? 0 : reduce.wait
    if (isBetter(reduce.best, rule.minDelta)) return { reduce: { best: value, wait: 0, cooldown } }
    const wait = cooldown > 0 ? before : before + 1
    if (cooldown > 0 || wait < rule.patience || rate <= rule.minRate)
      return { reduce: { ...reduce, wait, cooldown } }
    return {
      reduce: { ...reduce, wait: 0, cooldown: rule.cooldown },
      rate: Math.max(rate * rule.factor, rule.minRate),
    }
  },
]

/** @returns what is known after one more epoch
 *  @source tf_keras 2.16, callbacks.py: ModelCheckpoint, EarlyStopping, ReduceLROnPlateau */
export function look(watch: Watch, watched: Watched, figures: EpochFigures): Watched {
  const { figure, better } = MONITORS[watch.monitor]
  const value = figures[figure]
  const isBetter = (than: number | null, margin: number) =>
    than === null || (better === 1 ? value - margin > than : value + margin < than)
  let now = watched
  for (const watcher of WATCHERS)
    now = { ...now, ...watcher({ watch, watched: now, epoch: figures.epoch, isBetter, value }) }
  return now
}
