/** `roentgen evaluate`: how right a model is, on labelled films or by scores and labels. */
import { RoentgenError } from '../../errors.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import type { FindingsEvaluation } from '../evaluate/findings-evaluation.ts'
import { evaluateAnyModel } from '../evaluate/from-model.ts'
import { evaluateAnyScoreFile } from '../evaluate/from-scores.ts'
import { evaluationJson, textOf, writeEvaluation } from '../evaluate/write.ts'
import { command } from './command.ts'
import { type Progress, progress } from './progress.ts'

interface Sources {
  model?: string | undefined
  data?: string | undefined
  scores?: string | undefined
  labels?: string | undefined
  positive?: string | undefined
}

export default command({
  options: (yargs) =>
    yargs
      .option('model', {
        alias: 'm',
        type: 'string',
        describe: 'ONNX model of roentgen, to score --data with',
      })
      .option('data', {
        type: 'string',
        describe:
          'folder of class folders, or CSV with path, label, patient; of a multi-label model with a column for each label',
      })
      .option('scores', {
        type: 'string',
        describe: 'what roentgen score wrote, with --labels',
      })
      .option('labels', {
        type: 'string',
        describe:
          'CSV with path, label, and if known patient; of a multi-label model with a column for each label',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        describe: 'folder for the report: page, text, JSON, picture',
      })
      .option('positive', {
        type: 'string',
        describe: 'class that sensitivity and specificity are about [of two, the one that is not normal]',
      })
      .option('json', { type: 'boolean', default: false, describe: 'JSON on stdout instead of text' })
      .example('$0 evaluate -m run/model.onnx --data films/test -o report', 'a model on labelled films')
      .example('$0 evaluate --scores scores.csv --labels labels.csv', 'films that were scored before'),
  async run({ out, json, ...sources }) {
    const evaluation = await evaluated(sources)
    if (out !== undefined) process.stderr.write(`report in ${await writeEvaluation(out, evaluation)}\n`)
    process.stdout.write(json ? evaluationJson(evaluation) : textOf(evaluation))
    const { failed, unmatched } = evaluation
    return failed.length + unmatched.withoutScore.length > 0 ? 3 : 0
  },
})

/** Exactly one of the two ways. */
function evaluated({
  model,
  data,
  scores,
  labels,
  positive,
}: Sources): Promise<Evaluation | FindingsEvaluation> {
  const more = positive === undefined ? {} : { positive }
  const isModelWay = scores === undefined && labels === undefined
  if (isModelWay && model !== undefined && data !== undefined) return fromModel({ model, data, ...more })
  const isScoresWay = model === undefined && data === undefined
  if (isScoresWay && scores !== undefined && labels !== undefined)
    return evaluateAnyScoreFile({ scores, labels, ...more })
  throw new RoentgenError('ROE_USAGE', {
    where: 'roentgen evaluate',
    problem: 'give either -m and --data, or --scores and --labels',
  })
}

async function fromModel(options: {
  model: string
  data: string
  positive?: string
}): Promise<Evaluation | FindingsEvaluation> {
  let shown: Progress | null = null
  return evaluateAnyModel({
    ...options,
    onBegin: (films) => {
      shown = progress(films, 'films')
    },
    onFilm: (done) => shown?.update(done),
  }).finally(() => shown?.end())
}
