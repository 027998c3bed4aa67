/** An evaluation of a model on labelled films: it scores them, and looks for copies of its training films. */
import { findCopies } from '../data/duplicates.ts'
import { readFindings, saysFindings } from '../data/findings.ts'
import { fingerprintFilms } from '../data/fingerprint.ts'
import type { LabelledFilm, LabelledSet } from '../data/labelled.ts'
import { readLabelled } from '../data/manifest.ts'
import { errorOf } from '../infer/failure.ts'
import { type ModelFile, openModelFile } from '../infer/model-file.ts'
import { scoreFilms } from '../infer/score.ts'
import { DEFAULT_THRESHOLD } from '../infer/scoring.ts'
import { evaluateScores, refuseUnknownLabels } from './evaluate.ts'
import type { Evaluation, FailedFilm } from './evaluation.ts'
import { evaluateFindings, refusePositive } from './findings.ts'
import type { FindingsEvaluation } from './findings-evaluation.ts'
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

/** Scores the films and evaluates the scores, each film as of one class.
 *  @throws ROE_MODEL_… of the model, ROE_NO_FILMS, ROE_NO_CLASSES, ROE_MANIFEST of the data; ROE_LABELS_DIFFER before any
 *  film is scored; what evaluateScores throws */
export const evaluateModel = async (options: ModelToEvaluate): Promise<Evaluation> =>
  ofClasses(await openModelFile(options.model), options)

/** The same, or label by label where model and data are of labels that do not exclude each other: a model with a sigmoid, and
 *  a CSV with a column for each label.
 *  @throws what evaluateModel throws; ROE_OPTION when a positive class is named and there are no classes */
export async function evaluateAnyModel(options: ModelToEvaluate): Promise<Evaluation | FindingsEvaluation> {
  const model = await openModelFile(options.model)
  return (await isOfFindings(model, options.data)) ? ofFindings(model, options) : ofClasses(model, options)
}

/** Whether model and data are of labels that do not exclude each other. @throws what saysFindings throws */
export const isOfFindings = async (
  { activation, labels }: Pick<ModelFile, 'activation' | 'labels'>,
  data: string,
): Promise<boolean> => activation === 'sigmoid' && (await saysFindings(data, labels))

async function ofClasses(
  model: ModelFile,
  { data, positive, onBegin, onFilm }: ModelToEvaluate,
): Promise<Evaluation> {
  const set = await readLabelled(data)
  refuseUnknownLabels(
    data,
    model.labels,
    set.films.map(({ label }) => ({ actual: label })),
    positive,
  )
  onBegin?.(set.films.length)
  const { scores, failed } = await scored(model, set, onFilm)
  const rows = scores.map(({ film: { path, label: actual, patient }, label, probabilities }) => ({
    ...{ path, actual, predicted: label, probabilities, patient },
  }))
  return evaluateScores({
    ...(await commonOf(model, data, set, rows)),
    rows,
    failed,
    ...(positive === undefined ? {} : { positive }),
  })
}

async function ofFindings(
  model: ModelFile,
  { data, positive, onBegin, onFilm }: ModelToEvaluate,
): Promise<FindingsEvaluation> {
  refusePositive(positive)
  const set = await readFindings(data, model.labels)
  onBegin?.(set.films.length)
  const { scores, failed } = await scored(model, set, onFilm)
  const rows = scores.map(({ film: { path, findings = {}, patient }, probabilities }) => ({
    ...{ path, findings, probabilities, patient },
  }))
  return evaluateFindings({
    ...(await commonOf(model, data, set, rows)),
    thresholds: model.thresholds ?? model.labels.map(() => DEFAULT_THRESHOLD),
    rows,
    failed,
  })
}

/** What is said of either kind. */
async function commonOf(model: ModelFile, data: string, set: LabelledSet, rows: readonly { path: string }[]) {
  const { copies, notes } = await copiesOf(rows, model)
  return {
    about: {
      model: { path: model.path, sha256: model.digest },
      scores: null,
      data,
      splits: splitsOf(set.films),
      notes: [...set.notes, ...besideNotes(set), ...notes],
    },
    labels: model.labels,
    copies,
  }
}

async function scored(model: ModelFile, { films }: LabelledSet, onFilm?: (done: number) => void) {
  const scores: { film: LabelledFilm; label: string; probabilities: number[] }[] = []
  const failed: FailedFilm[] = []
  for await (const score of scoreFilms({ models: [model], films: films.map(({ path }) => path) })) {
    const film = films[score.index]!
    if (score.status === 'ok') {
      const { label, probabilities } = score.scores[0]!
      scores.push({ film, label, probabilities: [...probabilities] })
    } else {
      const { code, reason } = errorOf(score.failure)
      failed.push({ path: film.path, actual: film.label, code, reason })
    }
    onFilm?.(score.index + 1)
  }
  return { scores, failed }
}

/** Films of the validation part count: they chose nothing about the weights, but they are no test films either. */
async function copiesOf(rows: readonly { path: string }[], { films }: ModelFile) {
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
