/** A whole suite as a large run leaves it, made up by a seed: networks of known cost, rounds in turns, a machine that slows
 *  down, queries with a tail. No figure in here was measured. */
import type { Case, Model, Results, Sample } from '../../bench/results.ts'
import { BACKBONES } from '../../models/backbones.ts'
import { seededRandom, shuffled } from '../../random.ts'
import { madeCase, madeModel, madeResults, madeSample } from './made-results.ts'

export interface MadeSuite {
  /** The first so many names of the table of backbones. */
  models?: number
  batches?: readonly number[]
  scenarios?: readonly Case['scenario'][]
  rounds?: number
  /** Films have labels. */
  hasAuc?: boolean
  quick?: boolean
}

/** The same results each time. */
export function madeSuite({
  models: count = 12,
  batches = [1, 16, 64],
  scenarios = ['single-stream', 'offline', 'end-to-end'],
  rounds = 6,
  hasAuc = true,
  quick = false,
}: MadeSuite = {}): Results {
  const random = seededRandom(1)
  const names = Object.keys(BACKBONES).slice(0, count)
  const costs = new Map(names.map((name) => [name, 5 * 40 ** random()]))
  const models = names.map((name) => modelOf(name, costs.get(name)!, hasAuc, random))
  const cases = names.flatMap((model) =>
    scenarios.flatMap((scenario) =>
      (scenario === 'single-stream' ? [1] : batches).map((batch) => madeCase({ model, scenario, batch })),
    ),
  )
  let startedMs = 0
  const samples = Array.from({ length: rounds }, (_, round) =>
    shuffled(cases, random).map((one) => {
      startedMs += 12_000
      return sampleOf(one, { round, startedMs, costMs: costs.get(one.model)!, random })
    }),
  ).flat()
  return madeResults({ quick, models, samples })
}

function modelOf(name: string, costMs: number, hasAuc: boolean, random: () => number): Model {
  const value = 0.8 + 0.02 * Math.log(costMs) + 0.08 * random()
  const auc = { label: 'PNEUMONIA', value, low: value - 0.03, high: value + 0.02, films: 624, copies: 0 }
  const gmacs = (costMs / 12) * (0.7 + 0.6 * random())
  return madeModel({ name, gmacs, parameters: Math.round(3e6 * costMs ** 0.5), auc: hasAuc ? auc : null })
}

function sampleOf(
  one: Case,
  how: { round: number; startedMs: number; costMs: number; random: () => number },
): Sample {
  const { round, startedMs, costMs, random } = how
  // Batches are cheaper a film; the machine loses 3 % in an hour; processes differ by 2 %.
  const filmMs = costMs * one.batch ** -0.15 * (1 + (0.03 * startedMs) / 3_600_000) * (0.98 + 0.04 * random())
  const decodeMs = one.scenario === 'end-to-end' ? 20 : 0
  const queries = Math.max(4, Math.ceil(64 / one.batch))
  const latenciesMs = Array.from(
    { length: queries },
    () => one.batch * (filmMs + decodeMs) * (1 + 0.05 * -Math.log(1 - random())),
  )
  const parts = { decodeMs, preprocessMs: 3, inferMs: 2 * filmMs, writeMs: 0.2 }
  return madeSample({
    ...{ case: one, round, startedMs, latenciesMs, parts: one.scenario === 'end-to-end' ? parts : null },
    cold: { loadMs: 120 + costMs, optimiseMs: 2 * costMs, firstRunMs: 1.5 * one.batch * filmMs },
  })
}
