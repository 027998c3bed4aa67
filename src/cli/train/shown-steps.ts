/** What a training shows while it works: films that go through the frozen part, then the steps of each epoch, as a bar on
 *  a terminal and as lines elsewhere; and what Ctrl-C leaves behind. */
import { answerOfPlan } from '../../train/answer.ts'
import type { StepFigures } from '../../train/fit/figures.ts'
import type { TrainingPlan } from '../../train/recipes.ts'
import type { TrainingOptions } from '../../train/train.ts'
import { onInterrupt } from '../interrupted.ts'
import { type Progress, progress } from '../progress.ts'

export interface ShownSteps {
  onFilms: NonNullable<TrainingOptions['onFilms']>
  onStep: NonNullable<TrainingOptions['onStep']>
  /** Told how many epochs are kept. */
  onKept: (epochs: number) => void
  /** Takes the bar away, so that a line stands alone. */
  end: () => void
}

export function shownSteps(plan: TrainingPlan): ShownSteps {
  let bar: { of: string; progress: Progress } | null = null
  let whole = 0
  onInterrupt(() =>
    whole === 0
      ? 'no epoch is whole yet; features that are kept will be found again'
      : `epoch ${whole} is the last whole one: add --resume to go on behind it`,
  )
  const end = () => {
    bar?.progress.end()
    bar = null
  }
  const barOf = (of: string, total: number): Progress => {
    if (bar?.of !== of) {
      end()
      bar = { of, progress: progress(total, of) }
    }
    return bar.progress
  }
  return {
    onFilms: filmsShown(),
    onStep(_, __, { epoch, done, of, loss, accuracy }: StepFigures) {
      const shown = barOf(`steps of epoch ${epoch}/${plan.epochs}`, of)
      shown.tell(`loss: ${loss.toFixed(4)} - ${answerOfPlan(plan).accuracy}: ${accuracy.toFixed(4)}`)
      shown.update(done)
    },
    onKept(kept) {
      whole = kept
    },
    end,
  }
}

/** Films that go through the frozen part of one training. */
export function filmsShown(): ShownSteps['onFilms'] {
  let shown: Progress | null = null
  return (done, of) => {
    shown ??= progress(of, 'films with their copies')
    shown.update(done)
    if (done === of) shown.end()
  }
}
