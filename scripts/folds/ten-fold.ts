/** A cross-validation of three small networks on made-up films, by the command as a user runs it, killed on its way, and
 *  whether its tables are what the scores of all folds say. */
import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../random.ts'
import { readLabels } from '../../src/data/manifest.ts'
import { readScores } from '../../src/data/scores.ts'
import type { SweepTables } from '../../src/evaluate/sweep.ts'

// The built command, also when this file itself is not built.
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../../', import.meta.url)
const MAIN = fileURLToPath(new URL('src/cli/main.js', ROOT))

export const NETWORKS = ['mobilenet', 'mobilenetv2', 'squeezenet'] as const

interface TenFold {
  /** Films of each class. */
  films: number
  folds: number
  epochs: number
  networks: readonly string[]
  /** How often the run is killed on its way. */
  kills: number
  seed: number
  /** Folder for all of it. */
  place: string
}

/** @returns the tables as text, and what does not agree: nothing, if all is well */
export async function tenFold(options: TenFold): Promise<{ text: string; kills: number; faults: string[] }> {
  const { films, folds, epochs, networks, seed, place } = options
  const data = join(place, 'films')
  const made = ['--films', films, '--size', 96, '--conspicuity', 3, '--seed', seed, '-o', data]
  await finished(['dataset', 'synth', ...made.map(String)])
  const out = join(place, 'runs')
  const train = [
    ...['train', '--data', join(data, 'manifest.csv'), '--weights', 'random', '--alpha', 0.35, '--size', 64],
    ...['--head', 'flatten', '--epochs', epochs, '--batch', 16, '--learning-rate', 3e-3, '--no-augment'],
    ...['--folds', folds, '--sweep', `backbone=${networks.join(',')}`, '--seed', seed, '-o', out],
  ].map(String)
  const kills = await killOnItsWay(train, options)
  const text = await finished(train)
  const tables: SweepTables = JSON.parse(readFileSync(join(out, 'tables.json'), 'utf8'))
  const faults = [
    ...(text === readFileSync(join(out, 'tables.txt'), 'utf8') ? [] : ['stdout is not tables.txt']),
    ...(tables.rows.length === networks.length
      ? []
      : [`${tables.rows.length} rows for ${networks.length} networks`]),
  ]
  for (const row of tables.rows) faults.push(...(await faultsOf(row, out, tables)))
  return { text, kills, faults }
}

/** Counts the scores of a network's folds anew, with nothing but their definitions. */
async function faultsOf(
  row: SweepTables['rows'][number],
  out: string,
  tables: SweepTables,
): Promise<string[]> {
  const folder = join(out, row.name.replace('=', '-'))
  const { films } = await readLabels(join(out, 'folds.csv'))
  const labelOf = new Map(films.map(({ path, label }) => [path, label]))
  const seen: string[] = []
  const matrix = tables.labels.map(() => tables.labels.map(() => 0))
  const eachSensitivity: number[] = []
  for (let fold = 1; fold <= tables.folds.of; fold++) {
    const place = join(folder, `fold-${fold}`)
    if (!existsSync(join(place, 'model.onnx'))) return [`${place} has no model`]
    const { rows } = await readScores(join(place, 'scores.csv'))
    seen.push(...rows.map(({ path }) => path))
    for (const { path, label } of rows)
      matrix[tables.labels.indexOf(labelOf.get(path)!)]![tables.labels.indexOf(label!)]! += 1
    const ofClass = rows.filter(({ path }) => labelOf.get(path) === tables.positive)
    eachSensitivity.push(ofClass.filter(({ label }) => label === tables.positive).length / ofClass.length)
  }
  const p = tables.labels.indexOf(tables.positive)
  const total = (rows: number[][]): number => rows.flat().reduce((sum, count) => sum + count, 0)
  const [tp, of, called, all] = [
    matrix[p]![p]!,
    total([matrix[p]!]),
    total(matrix.map((actual) => [actual[p]!])),
    total(matrix),
  ] as const
  const [fn, fp] = [of - tp, called - tp]
  const tn = all - tp - fn - fp
  const mean = eachSensitivity.reduce((sum, value) => sum + value, 0) / eachSensitivity.length
  const report = JSON.parse(readFileSync(join(folder, 'report/evaluation.json'), 'utf8'))
  const line = [row.name, all, tp, fp, tn, fn].join(',')
  const text = readFileSync(join(out, 'tables.txt'), 'utf8')
  const { figures } = row
  const right = matrix.reduce((sum, actual, i) => sum + actual[i]!, 0)
  const checks: [string, boolean][] = [
    ['each film is scored once', seen.toSorted().join() === [...labelOf.keys()].toSorted().join()],
    ['the matrix', JSON.stringify(row.matrix) === JSON.stringify(matrix)],
    ['the matrix of the report', JSON.stringify(report.all.matrix) === JSON.stringify(matrix)],
    ['the counts of tables.csv', readFileSync(join(out, 'tables.csv'), 'utf8').includes(`\n${line},`)],
    ['the table of counts', new RegExp(`^${row.name} +${tp} +${fp} +${tn} +${fn}$`, 'm').test(text)],
    ['2-class accuracy', figures.twoClassAccuracy.value === (tp + tn) / all],
    ['accuracy', figures.accuracy.value === right / all && report.all.accuracy.value === right / all],
    ['sensitivity', figures.sensitivity.value === tp / (tp + fn)],
    ['specificity', figures.specificity.value === tn / (tn + fp)],
    ['the table of percentages', text.includes(` ${((100 * (tp + tn)) / all).toFixed(2)}`)],
    ['the mean sensitivity', Math.abs((figures.sensitivity.mean ?? Number.NaN) - mean) < 1e-12],
  ]
  return checks.flatMap(([name, holds]) =>
    holds ? [] : [`${row.name}: ${name} does not agree with the scores`],
  )
}

/** Begins the run and kills it while it works on a fold behind one that it made whole, again and again.
 *  @returns how often */
async function killOnItsWay(args: readonly string[], { kills, seed, place }: TenFold): Promise<number> {
  const random = seededRandom(seed)
  for (let done = 0; done < kills; done++) {
    const before = wholeFolds(place)
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' })
    const exit = once(child, 'close')
    while (child.exitCode === null && wholeFolds(place) <= before) await sleep(20)
    await Promise.race([sleep(500 * random()), exit])
    if (child.exitCode !== null) return done
    child.kill('SIGKILL')
    await exit
  }
  return kills
}

/** A fold is whole where its run.json is. */
const wholeFolds = (place: string): number =>
  existsSync(join(place, 'runs'))
    ? readdirSync(join(place, 'runs'), { recursive: true, encoding: 'utf8' }).filter((path) =>
        /fold-\d+[\\/]run\.json$/.test(path),
      ).length
    : 0

/** @returns what it said on stdout */
async function finished(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr = `${said.stderr}${text}`.slice(-1000)
  })
  const [status] = await once(child, 'close')
  assert(status === 0, `roentgen ${args[0]} ended with ${status}: ${said.stderr}`)
  return said.stdout
}
