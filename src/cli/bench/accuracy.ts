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

function aucOf({ all, positive, labels, films }: Evaluation, name: string): Model['auc'] {
  const label = positive ?? ''
  const area = all.classes[labels.indexOf(label)]?.auc ?? null
  if (area !== null && area.interval !== null) {
    const [low, high] = area.interval
    return { label, value: area.value, low, high, films }
  }
  const why = label === '' ? 'name its class with --positive' : 'too few films of a class for its interval'
  process.stderr.write(`${name}: no AUC beside its speed: ${why}\n`)
  return null
}
