/** `roentgen bench`: backbones and models, measured in processes of their own, round after round, and a report. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { markdownOf } from '../../bench/markdown.ts'
import { caseId, type Results } from '../../bench/results.ts'
import { runSuite } from '../../bench/suite.ts'
import { RoentgenError } from '../../errors.ts'
import { withLock } from '../../lock.ts'
import { removeUnfinished } from '../../whole-file.ts'
import { chooseProvider } from '../infer/choose-provider.ts'
import { namesOf } from '../infer/model-names.ts'
import type { ProviderName } from '../infer/providers.ts'
import { addAccuracy } from './bench/accuracy.ts'
import { casesOf } from './bench/cases.ts'
import { filmsToRun } from './bench/films.ts'
import { openSuite, refuseOther, type Settings, SUITE_FILE, type SuiteFolder } from './bench/folder.ts'
import { machineFacts, versionFacts } from './bench/machine.ts'
import { makeBackbones, openGiven, type Precision, type Runnable } from './bench/model.ts'
import { type BenchPlan, benchOptions, planOf } from './bench/options.ts'
import { REPORT_FILES, writeReports } from './bench/report.ts'
import { visitCase } from './bench/visit.ts'
import { command } from './command.ts'
import { onInterrupt, untilInterrupted } from './interrupted.ts'
import { progress } from './progress.ts'

export default command({
  options: (yargs) =>
    benchOptions(yargs)
      .example('$0 bench --backbone all --quick -o speed', 'a first look at all backbones, in minutes')
      .example('$0 bench films -m run/model.onnx --batch 1,16 -o speed', 'a model, from file to row too'),
  async run(args) {
    const plan = planOf(args)
    return withLock(join(plan.out, '.lock'), plan.out, () => bench(plan))
  },
})

async function bench(plan: BenchPlan): Promise<number> {
  const given = await givenModels(plan)
  const files = given.flatMap(({ files }) => [...files.values()])
  const { paths: films, bytes, unreadable } = await filmsToRun(plan.films, plan.data, files)
  if (unreadable.length > 0)
    process.stderr.write(
      `${unreadable.length} of ${films.length + unreadable.length} films cannot be read and are left out: ${unreadable
        .slice(0, 3)
        .map(({ path }) => path)
        .join(', ')}${unreadable.length > 3 ? ', …' : ''}\n`,
    )
  const known: Omit<Settings, 'digests'> = {
    ...{ rules: plan.rules, seed: plan.seed, cases: casesWith(plan, given, films.length > 0) },
    networks: Object.fromEntries(
      plan.backbones.map(({ backbone, size, weights }) => [backbone, `${size} ${weights}`]),
    ),
    ...{ films: digestOf(films), data: plan.data ?? '', positive: plan.positive ?? '' },
    ...{ machine: await machineFacts(), versions: await versionFacts() },
  }
  await refuseOther(plan.out, known, REPORT_FILES)
  await removeUnfinished(plan.out, [SUITE_FILE, ...REPORT_FILES])
  const made = await untilInterrupted((signal) => madeModels(plan, signal))
  if (made.status !== null) return made.status
  const models = [...made.ended, ...given]
  const digests = Object.fromEntries(models.flatMap(({ model }) => digestsOf(model)))
  const settings = { ...known, digests }
  const suite = await openSuite(plan.out, settings, () => addAccuracy(models, plan))
  const { ended, status } = await untilInterrupted((signal) =>
    visitAll(plan, { settings, suite, models, films, signal }),
  )
  await suite.close()
  // Interrupted before there was anything to report.
  if (ended === null || (status !== null && ended.samples.length === 0)) return status ?? 1
  const { samples, failures, unfinished } = ended
  const results: Results = {
    format: 1,
    began: suite.began,
    command: ['roentgen', ...process.argv.slice(2)],
    quick: plan.isQuick,
    ...{ rules: settings.rules, machine: settings.machine, versions: settings.versions },
    models: [...suite.models],
    films: films.length === 0 ? null : { run: films.length, bytes, unreadable: unreadable.length },
    ...{ samples, failures, unfinished },
  }
  const reports = await writeReports(plan.out, results)
  for (const { case: one, problem } of failures) process.stderr.write(`${caseId(one)}: ${problem}\n`)
  process.stderr.write(`report: ${reports.join(', ')}\nResearch use only, not for diagnosis.\n`)
  const told = { files: reports, cases: settings.cases.length, samples: samples.length, failures, unfinished }
  process.stdout.write(plan.json ? `${JSON.stringify(told, null, 2)}\n` : markdownOf(results))
  if (status !== null) return status
  if (samples.length === 0) return 1
  return failures.length > 0 ? 3 : 0
}

const digestsOf = ({ name, digests }: Runnable['model']) =>
  Object.entries(digests).map(([precision, digest]): [string, string] => [`${name} ${precision}`, digest])

const digestOf = (paths: readonly string[]): string =>
  createHash('sha256').update(paths.join('\0')).digest('hex')

function casesWith(
  { backbones, precisions, axesWith }: BenchPlan,
  given: readonly Runnable[],
  hasFilms: boolean,
) {
  const own = backbones.map(({ backbone }) => [backbone, precisions] as const)
  const files = given.map(({ model, files }) => [model.name, [...files.keys()]] as const)
  return casesOf(new Map<string, readonly Precision[]>([...own, ...files]), axesWith(hasFilms))
}

async function givenModels({ backbones, paths }: BenchPlan): Promise<Runnable[]> {
  const names = paths.length === 0 ? [] : namesOf(paths)
  const twice = names.find((name) => backbones.some(({ backbone }) => backbone === name))
  if (twice !== undefined) {
    const expected = 'a file that is not called like a backbone beside it'
    throw new RoentgenError('ROE_OPTION', { where: '-m', expected, received: twice })
  }
  const given: Runnable[] = []
  for (const [i, path] of paths.entries()) given.push(await openGiven(names[i]!, path))
  return given
}

function madeModels(
  { backbones, precisions, out, json }: BenchPlan,
  signal: AbortSignal,
): Promise<Runnable[]> {
  let made = 0
  const shown = progress(backbones.length, 'networks made', { json })
  const told = (name: string) => {
    shown.tell(name)
    shown.update(++made)
  }
  return makeBackbones(backbones, precisions, { folder: join(out, 'models'), signal }, told).finally(
    shown.end,
  )
}

interface Suite {
  settings: Settings
  suite: SuiteFolder
  models: readonly Runnable[]
  films: readonly string[]
  /** Ends it behind the visits that are made. */
  signal: AbortSignal
}

function visitAll(plan: BenchPlan, { settings, suite, models, films, signal }: Suite) {
  const { rules, cases, seed } = settings
  const began = Date.parse(suite.began)
  const choose = choiceKeeper()
  const fileOf = (name: string) => models.find(({ model }) => model.name === name)!.files
  const shown = progress(cases.length * rules.rounds, 'visits', { json: plan.json })
  return runSuite({
    ...{ cases, rounds: rules.rounds, seed, signal },
    before: suite.before,
    write: suite.add,
    visit: async ({ case: one, round }) => {
      const file = fileOf(one.model).get(one.precision)!
      const chosen = await choose(file, one)
      return visitCase({ case: one, round, file, chosen, rules, films, began, signal })
    },
    onProgress: ({ next, done, of, failed, etaMs }) => {
      onInterrupt(() => `${done} of ${of} visits are done; the same command goes on behind them`)
      shown.tell(next === null ? '' : caseId(next.case))
      shown.update(done, failed, etaMs)
    },
  }).finally(shown.end)
}

/** What runs a model is chosen once, and not in the middle of a measurement. */
function choiceKeeper() {
  const kept = new Map<string, ReturnType<typeof chooseProvider>>()
  return (
    file: { path: string; precision: 'fp32' | 'fp16' },
    { provider, threads, batch }: { provider: string; threads: number; batch: number },
  ) => {
    const key = `${file.path} ${provider} ${threads}`
    const choice =
      kept.get(key) ?? chooseProvider([file], { wanted: provider as ProviderName | 'auto', threads, batch })
    kept.set(key, choice)
    return choice
  }
}
