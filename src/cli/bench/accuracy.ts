/** The area under the ROC curve of models on labelled films, to stand beside their speed. A head that was made for the
 *  suite knows nothing, and has none. */
import type { Model } from '../../../bench/results.ts'
import type { Evaluation } from '../../evaluate/evaluation.ts'
import { evaluateModel } from '../../evaluate/from-model.ts'
import { progress } from '../progress.ts'
import type { Runnable } from './model.ts'
import type { BenchPlan } from './options.ts'

/** @throws what evaluateModel throws */
export async function addAccuracy(
  models: readonly Runnable[],
  { data, positive, json }: Pick<BenchPlan, 'data' | 'positive' | 'json'>,
): Promise<Model[]> {
  const rows: Model[] = []
  for (const { model, files } of models) {
    const [file] = files.values()
    if (data === undefined || model.source !== 'file') rows.push(model)
    else rows.push({ ...model, auc: aucOf(await evaluated(file!.path, data, positive, json), model.name) })
  }
  return rows
}

async function evaluated(
  model: string,
  data: string,
  positive: string | undefined,
  json: boolean,
): Promise<Evaluation> {
  let shown = progress(null, 'films', { json })
  return evaluateModel({
    ...{ model, data, ...(positive === undefined ? {} : { positive }) },
    onBegin: (films) => {
      shown = progress(films, 'films', { json })
    },
    onFilm: (done) => shown.update(done),
  }).finally(() => shown.end())
}

/** Of films that are no copies of the model's training films: with those it would look better than it is. */
function aucOf(
  { all, withoutCopies, copies, positive, labels, failed }: Evaluation,
  name: string,
): Model['auc'] {
  const tell = (words: string) => process.stderr.write(`${name}: ${words}\n`)
  if (failed.length > 0) tell(`${failed.length} labelled films cannot be scored and are not in its AUC`)
  if (copies.length > 0) tell(`${copies.length} films are copies of its training films and not in its AUC`)
  const label = positive ?? ''
  const figures = copies.length > 0 ? withoutCopies : all
  const area = figures?.classes[labels.indexOf(label)]?.auc ?? null
  if (figures !== null && area !== null && area.interval !== null) {
    const [low, high] = area.interval
    return { label, value: area.value, low, high, films: figures.films, copies: copies.length }
  }
  const why = label === '' ? 'name its class with --positive' : 'too few films of a class for its interval'
  tell(`no AUC beside its speed: ${why}`)
  return null
}
