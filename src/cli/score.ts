/** `roentgen score`: films and models, to a row of scores for each film. */
import { basename } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { type Chosen, chooseProvider, describeChoice, describeProvider } from '../infer/choose-provider.ts'
import { keepHeapLean } from '../infer/heap.ts'
import type { ModelFile } from '../infer/model-file.ts'
import { providerNamed } from '../infer/providers.ts'
import { featuresPath, ledgerPath } from '../infer/run/files.ts'
import { runAt } from '../infer/run/run.ts'
import { scoreToFile, setupOf } from '../infer/score.ts'
import { batchOf, planScoring, type Scoring } from '../infer/scoring.ts'
import { shapeText } from '../infer/shapes.ts'
import { type Timings, withTimings } from '../infer/timings.ts'
import type { Tuning } from '../infer/tune.ts'
import type { UpdateCounts } from '../infer/update/old-table.ts'
import { writerFor } from '../infer/writers.ts'
import { command } from './command.ts'
import { onInterrupt } from './interrupted.ts'
import { progress } from './progress.ts'
import { dryRun, estimateText } from './score/dry-run.ts'
import { filmsText, inputOptions, openNamedInputs } from './score/inputs.ts'
import { modelOptions, modelsOf } from './score/model.ts'
import { demandOwnOutputs, outputOptions } from './score/output.ts'
import { providerOptions, wishOf } from './score/provider.ts'
import { type AllShares, requireLabels, shareLines, sharesOf } from './score/shares.ts'
import { fixedShape, speedOptions } from './score/speed.ts'
import { chooseTuning } from './score/tuning.ts'

export default command({
  options: (yargs) =>
    outputOptions(speedOptions(providerOptions(modelOptions(inputOptions(yargs)))))
      .example('$0 score films -m run/model.onnx -o scores.csv', 'as CSV')
      .example('$0 score films -m run/model.onnx -o scores.jsonl --json', 'for machines'),
  async run(args) {
    keepHeapLean()
    const { out, batch, resume, restart, json, timeout, expect, group } = args
    writerFor(out)
    await demandOwnOutputs(args)
    const fixed = fixedShape(args)
    const { models, wishes } = await modelsOf(args)
    const scoring = planScoring(models, wishes)
    requireLabels({ expect, group }, [...new Set(models.flatMap(({ labels }) => labels))])
    const inputs = await openNamedInputs(args, out)
    const before = resume ? await runAt(out) : null
    const batchSize = batchOf(models, batch, before?.results.batch)
    const wish = {
      ...wishOf(args, before?.results ?? null),
      ...(fixed.threads !== undefined && { threads: fixed.threads }),
      batch: batchSize,
    }
    const chosen = await chooseProvider(models, wish)
    const { tf32 } = wish
    // auto may have chosen a provider that has no numbers for its devices.
    const devices = providerNamed(chosen.provider).takesDevice ? wish.devices : []
    const how = { models, wishes, provider: chosen.provider, tf32, batch: batchSize, devices }
    if (args.dryRun) {
      const estimate = await dryRun(inputs, how, out)
      process.stdout.write(json ? `${JSON.stringify(estimate, null, 2)}\n` : estimateText(estimate, out))
      return 0
    }
    const counted = await inputs.count()
    const begun = Date.now()
    const { update, tellWorkers, end } = progress(counted?.films ?? null, 'films', { json })
    const tuning = await chooseTuning({
      setup: setupOf(how),
      inputs,
      films: counted?.films ?? null,
      fixed,
      timeout,
      before: before?.tuning,
      devices,
    })
    const { workers, threads, decoders } = tuning
    let hasBegun = false
    const onReady = () => {
      hasBegun = true
      writeHeader(models, scoring, chosen, batchSize, tuning, filmsText(inputs, counted))
    }
    const found = resume ? 'resume' : restart ? 'restart' : 'refuse'
    const run = {
      ...how,
      workers,
      threads,
      decoders,
      timeout,
      tuning,
      trial: describeChoice(chosen),
      films: inputs.films(),
      inputs: inputs.facts,
      survey: inputs.survey,
      out,
      found,
      update: args.update,
    } as const
    const onFilm = (done: number, failed: number) => {
      onInterrupt(() => `${done} films are done; the same command with --resume goes on behind them`)
      update(done, failed)
    }
    const shown = { onReady, onFilm, onWorkers: tellWorkers }
    const scored = (timings?: Timings) => scoreToFile({ ...run, ...(timings && { timings }), ...shown })
    const summary = await withTimings(args.timings, scored).finally(end)
    for (const note of inputs.notes()) process.stderr.write(`note: ${note}\n`)
    const shares = sharesOf(summary, { expect, group })
    writeSummary(summary, scoring, shares, hasBegun ? (Date.now() - begun) / 1000 : null)
    if (json) {
      const { ensemble, tta } = scoring
      const told = models.map(({ path, digest, precision }) => ({ path, digest, precision }))
      const facts = { models: told, ensemble, tta, ...chosen, batch: batchSize, ...summary, shares }
      process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`)
    }
    if (summary.ok === 0 && summary.failed > 0)
      throw new RoentgenError('ROE_ALL_FAILED', {
        where: inputs.what,
        failed: summary.failed,
        ledger: ledgerPath(out),
      })
    return summary.failed > 0 ? 3 : 0
  },
})

function writeHeader(
  models: readonly ModelFile[],
  { members, ensemble, tta }: Scoring,
  chosen: Chosen,
  batch: number,
  tuning: Tuning,
  films: string,
) {
  const precisions = [...new Set(models.map(({ precision }) => precision))]
  const besides = [
    ...(ensemble === null ? [] : [`one result: the ${ensemble} of ${models.length} models`]),
    ...(tta === null ? [] : ['each film and its mirror image, averaged']),
  ]
  const lines = [
    ...models.map(({ path, digest }, i) => {
      const member = members[i]!
      const name = models.length === 1 ? basename(path) : `${member.name}.onnx`
      return `model     ${name} (sha256 ${digest.slice(0, 12)}), labels ${labelsText(member)}`
    }),
    ...besides.map((line) => `computed  ${line}`),
    `provider  ${describeProvider(chosen)}, ${precisions.join(' and ')}, batch ${batch}`,
    ...describeChoice(chosen).map((line) => `          ${line}`),
    `workers   ${shapeText(tuning)} (${tuning.why})`,
    `films     ${films}`,
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** `a from 0.5, b from 0.3`: of a sigmoid with the probabilities from which on a film has them. */
const labelsText = ({ labels, thresholds }: Scoring['members'][number]): string =>
  labels.map((label, i) => (thresholds === null ? label : `${label} from ${thresholds[i]}`)).join(', ')

function writeSummary(
  { films, failed, labels, out, ledger, update }: Awaited<ReturnType<typeof scoreToFile>>,
  { features }: Scoring,
  shares: AllShares,
  seconds: number | null,
) {
  const lines = [
    ...(update === undefined ? [] : [updateText(update)]),
    ...shareLines(shares, labels),
    ledger === null ? `failed: 0` : `failed: ${failed}, see ${ledger}`,
    `${films} rows in ${out}, ${seconds === null ? 'finished already' : rate(films, seconds)}`,
    ...(features === null ? [] : [`embeddings in ${featuresPath(out, features)}`]),
    'Research use only, not for diagnosis.',
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}

const updateText = ({ taken, again, added, gone }: UpdateCounts): string =>
  `taken over: ${taken}; scored: ${added} new, ${again} again; no longer there: ${gone ?? 'not known, since the run went on'}`

const rate = (films: number, seconds: number): string =>
  `${seconds.toFixed(1)} s, ${(films / seconds).toFixed(1)} films a second`
