/** An evaluation of a model on labelled films: it scores them, and looks for copies of its training films. */
import { findCopies } from '../data/duplicates.ts'
import { fingerprintFilms } from '../data/fingerprint.ts'
import type { LabelledSet } from '../data/labelled.ts'
import { readLabelled } from '../data/manifest.ts'
import { errorOf } from '../infer/failure.ts'
import { type ModelFile, openModelFile } from '../infer/model-file.ts'
import { scoreFilms } from '../infer/score.ts'
import { evaluateScores, refuseUnknownLabels } from './evaluate.ts'
import type { EvaluatedFilm, Evaluation, FailedFilm } from './evaluation.ts'
import { plural } from './number-text.ts'
import { splitsOf } from './splits.ts'

export interface ModelToEvaluate {
  /** An ONNX file. */
  model: string
  /** A folder of class folders, or a CSV manifest. */
  data: string
  positive?: string
  /** Called once all is read, with the number of films, and after each film. */
  onBegin?: (films: number) => void
  onFilm?: (done: number) => void
}

/** Scores the films and evaluates the scores.
 *  @throws ROE_MODEL_… of the model, ROE_NO_FILMS, ROE_NO_CLASSES, ROE_MANIFEST of the data; ROE_LABELS_DIFFER before any
 *  film is scored; what evaluateScores throws */
export async function evaluateModel(options: ModelToEvaluate): Promise<Evaluation> {
  const { data, positive, onBegin, onFilm } = options
  const model = await openModelFile(options.model)
  const set = await readLabelled(data)
  refuseUnknownLabels(
    data,
    model.labels,
    set.films.map(({ label }) => ({ actual: label })),
    positive,
  )
  onBegin?.(set.films.length)
  const { rows, failed } = await scored(model, set, onFilm)
  const { copies, notes } = await copiesOf(rows, model)
  return evaluateScores({
    about: {
      model: { path: model.path, sha256: model.digest },
      scores: null,
      data,
      splits: splitsOf(set.films),
      notes: [...set.notes, ...besideNotes(set), ...notes],
    },
    labels: model.labels,
    rows,
    failed,
    copies,
    ...(positive === undefined ? {} : { positive }),
  })
}

async function scored(model: ModelFile, { films }: LabelledSet, onFilm?: (done: number) => void) {
  const rows: EvaluatedFilm[] = []
  const failed: FailedFilm[] = []
  for await (const film of scoreFilms({ models: [model], films: films.map(({ path }) => path) })) {
    const { path, label: actual, patient } = films[film.index]!
    if (film.status === 'ok') {
      const { label, probabilities } = film.scores[0]!
      rows.push({ path, actual, predicted: label, probabilities: [...probabilities], patient })
    } else {
      const { code, reason } = errorOf(film.failure)
      failed.push({ path, actual, code, reason })
    }
    onFilm?.(film.index + 1)
  }
  return { rows, failed }
}

/** Films of the validation part count: they chose nothing about the weights, but they are no test films either. */
async function copiesOf(rows: readonly EvaluatedFilm[], { films }: ModelFile) {
  if (films.length === 0) return { copies: null, notes: [] }
  const { prints, failures } = await fingerprintFilms(rows.map(({ path }) => path))
  const copies = findCopies(prints, films).map(
    (test) => [test.path, test.copies.map(({ path }) => path)] as const,
  )
  const notes = failures.map(
    ({ path, error }) => `${path} was not compared with the training films: ${error.reason}.`,
  )
  return { copies: new Map(copies), notes }
}

const besideNotes = ({ beside }: LabelledSet): string[] =>
  beside.length === 0
    ? []
    : [
        `${plural(beside.length, 'file')} beside the class folders, without a label: ${beside.slice(0, 5).join(', ')}${beside.length > 5 ? ', …' : ''}.`,
      ]
