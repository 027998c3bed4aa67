/** The area under the ROC curve of models on labelled films, to stand beside their speed. A head that was made for the
 *  suite knows nothing, and has none. */
import type { Model } from '../../../bench/results.ts'
import type { Area } from '../../evaluate/auc.ts'
import { refuseUnknownLabels } from '../../evaluate/evaluate.ts'
import type { Evaluation } from '../../evaluate/evaluation.ts'
import type { FindingsEvaluation } from '../../evaluate/findings-evaluation.ts'
import { evaluateAnyModel, isOfFindings } from '../../evaluate/from-model.ts'
import type { ModelFile } from '../../infer/model-file.ts'
import { progress } from '../progress.ts'
import type { Runnable } from './model.ts'
import type { BenchPlan } from './options.ts'

/** @throws what evaluateAnyModel throws; ROE_OPTION for a class or label that the model does not have */
export async function addAccuracy(
  models: readonly Runnable[],
  { data, positive, json }: Pick<BenchPlan, 'data' | 'positive' | 'json'>,
): Promise<Model[]> {
  const rows: Model[] = []
  for (const { model, files } of models) {
    const [file] = files.values()
    if (data === undefined || model.source !== 'file') rows.push(model)
    else rows.push({ ...model, auc: await aucOf(model.name, file!, { data, positive, json }) })
  }
  return rows
}

interface Labelled extends Pick<BenchPlan, 'positive' | 'json'> {
  data: string
}

/** Of films that are no copies of the model's training films: with those it would look better than it is. */
async function aucOf(name: string, model: ModelFile, given: Labelled): Promise<Model['auc']> {
  const tell = (words: string) => process.stderr.write(`${name}: ${words}\n`)
  const { label, area, films, copies, failed } = await evaluated(model, given)
  if (failed > 0) tell(`${failed} labelled films cannot be scored and are not in its AUC`)
  if (copies > 0) tell(`${copies} films are copies of its training films and not in its AUC`)
  if (label !== null && area !== null && area.interval !== null) {
    const [low, high] = area.interval
    return { label, value: area.value, low, high, films, copies }
  }
  const why =
    label === null
      ? 'name its class, or one of its labels, with --positive'
      : 'too few films of a class for its interval'
  tell(`no AUC beside its speed: ${why}`)
  return null
}

interface Evaluated {
  /** null where it is to be named. */
  label: string | null
  area: Area | null
  /** That the area is of, copies of training films that it is not, and films without a score. */
  films: number
  copies: number
  failed: number
}

async function evaluated(model: ModelFile, { data, positive, json }: Labelled): Promise<Evaluated> {
  let shown = progress(null, 'films', { json })
  const options = {
    ...{ model: model.path, data },
    onBegin: (films: number) => {
      shown = progress(films, 'films', { json })
    },
    onFilm: (done: number) => shown.update(done),
  }
  try {
    // Told before films are scored.
    refuseUnknownLabels(data, model.labels, [], positive)
    const named = positive === undefined || (await isOfFindings(model, data)) ? {} : { positive }
    const evaluation = await evaluateAnyModel({ ...options, ...named })
    return 'kind' in evaluation ? ofFinding(evaluation, positive ?? null) : ofClass(evaluation)
  } finally {
    shown.end()
  }
}

function ofClass({ all, withoutCopies, copies, positive: label, labels, failed }: Evaluation): Evaluated {
  const figures = copies.length > 0 ? withoutCopies : all
  const area = figures?.classes[labels.indexOf(label ?? '')]?.auc ?? null
  return { label, area, films: figures?.films ?? 0, copies: copies.length, failed: failed.length }
}

/** A label that stands by itself is looked for in the films of which it is known. */
function ofFinding(
  { all, withoutCopies, copies, failed }: FindingsEvaluation,
  label: string | null,
): Evaluated {
  const figures = (copies.length > 0 ? withoutCopies : all)?.find((one) => one.label === label)
  return {
    label,
    ...{ area: figures?.auc ?? null, films: figures?.known ?? 0 },
    ...{ copies: copies.length, failed: failed.length },
  }
}
