/** Whether a folder holds a training that is whole, and of the same: then nothing is trained there again. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RoentgenError } from '../../../errors.ts'
import type { LabelledSet } from '../../data/labelled.ts'
import { differences, withoutEchoes } from '../../infer/run/header.ts'
import type { EngineChoice } from '../../train/engines/engines.ts'
import { digestOf, prepare } from '../../train/prepare.ts'
import { preprocessingOf, settingsOf, type TrainingPlan } from '../../train/recipes.ts'
import { CHECKPOINT, MODEL, RUN, versions } from './into.ts'
import { namedEngine } from './named-engine.ts'
import { digestsOf } from './weights-digest.ts'

/** @param facts  what run.json must say, by its keys
 *  @returns in what an earlier training there differs, nothing where it does not; null where none is whole */
export async function changesSince(
  folder: string,
  facts: Readonly<Record<string, unknown>>,
): Promise<string[] | null> {
  const run = await runOf(folder)
  return run === null ? null : changesOf(run, facts)
}

function changesOf(run: WholeRun, facts: Readonly<Record<string, unknown>>): string[] {
  const was = Object.fromEntries(Object.keys(facts).map((key) => [key, run[key]]))
  return differences(was, JSON.parse(JSON.stringify(facts)))
}

/** What is read of a run.json here; the rest is compared as it is. */
type WholeRun = Record<string, unknown> & { data: { digest: string; unusable: unknown[] } }

async function runOf(folder: string): Promise<WholeRun | null> {
  if (!existsSync(join(folder, MODEL))) return null
  try {
    const run = JSON.parse(await readFile(join(folder, RUN), 'utf8'))
    return Array.isArray(run.data.unusable) ? run : null
  } catch {
    return null
  }
}

/** What `--resume` finds where a training was not interrupted, but done.
 *  @returns its run.json; null where there is none, or one that was interrupted
 *  @throws ROE_RESUME where it is of another plan, of other films, weights or versions; what `prepare` throws */
export async function wholeRun(
  folder: string,
  data: LabelledSet,
  { plan, asGiven, engine }: { plan: TrainingPlan; asGiven: TrainingPlan; engine: EngineChoice },
  note: (line: string) => void,
): Promise<WholeRun | null> {
  const run = existsSync(join(folder, CHECKPOINT)) ? null : await runOf(folder)
  if (run === null) return null
  const { films } = await prepare(data, plan, preprocessingOf(plan))
  const changes = withoutEchoes([
    ...changesOf(run, {
      plan: settingsOf(asGiven),
      engine: await namedEngine(engine, note),
      versions: versions(),
      ...(await digestsOf(plan)),
    }),
    ...differences(run.data.digest, digestOf(films), 'data.digest'),
  ])
  if (changes.length === 0) return run
  throw new RoentgenError('ROE_RESUME', { where: folder, changes })
}
