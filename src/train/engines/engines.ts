/** The table of training engines. One that the user names runs, or the command ends with an error; `auto` takes the
 *  first that runs here, and says which were passed over. */
import { strict as assert } from 'node:assert'
import { problemOf, RoentgenError } from '../../../errors.ts'
import { mendAveragePooling } from './average-pooling.ts'
import { mendBatchNormalization } from './batch-normalization.ts'
import { mendConvolutionGradient } from './convolution-gradient.ts'
import { CPU } from './cpu.ts'
import type { Engine, EngineRow } from './engine.ts'
import { mendRelu6 } from './relu6.ts'
import { TENSORFLOW } from './tensorflow.ts'
import { WEBGPU } from './webgpu.ts'

/** Fastest first: the order in which `auto` tries them. */
export const ENGINES = [TENSORFLOW, WEBGPU, CPU] as const satisfies readonly EngineRow[]

type EngineName = (typeof ENGINES)[number]['name']
export type EngineChoice = EngineName | 'auto'

export const ENGINE_CHOICES: readonly EngineChoice[] = ['auto', ...ENGINES.map(({ name }) => name)]

/** Opens an engine; tfjs computes on it until it is closed.
 *  @param note  told which engines `auto` passes over, and why
 *  @throws ROE_ENGINE when the one that is named cannot run here */
export async function openEngine(
  choice: string,
  note: (line: string) => void,
  rows: readonly EngineRow[] = ENGINES,
): Promise<Engine> {
  mendBatchNormalization()
  mendAveragePooling()
  mendConvolutionGradient()
  mendRelu6()
  if (choice !== 'auto') {
    const row = rows.find(({ name }) => name === choice) ?? assert.fail(`there is no engine ${choice}`)
    const opened = await tryEngine(row, true)
    if (typeof opened !== 'string') return opened
    throw new RoentgenError('ROE_ENGINE', { where: `--engine ${choice}`, problem: opened })
  }
  const [last, ...others] = rows.toReversed()
  for (const row of others.toReversed()) {
    const opened = await tryEngine(row, false)
    if (typeof opened !== 'string') return opened
    note(`engine ${row.name} is passed over: ${opened}`)
  }
  return last!.open()
}

/** Works, then closes the engine. Where both fail, the error is the work's, and the other is told. */
export async function thenClose<Result>(
  engine: Engine,
  work: () => Promise<Result>,
  note: (line: string) => void,
): Promise<Result> {
  const tellClosing = (error: unknown) => note(`engine ${engine.name} does not close: ${problemOf(error)}`)
  const result = await work().catch(async (error: unknown) => {
    await engine.close().catch(tellClosing)
    throw error
  })
  await engine.close()
  return result
}

/** @returns the engine, or why it does not run here */
async function tryEngine(row: EngineRow, isNamed: boolean): Promise<Engine | string> {
  try {
    const there = await row.available(isNamed)
    return there === true ? await row.open() : there
  } catch (error) {
    return `it does not start (${problemOf(error)})`
  }
}
