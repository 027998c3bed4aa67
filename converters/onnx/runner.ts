/** Runs an ONNX model in a process of its own: conversion proves itself there, so that neither a second copy of the
 *  weights nor a native abort is the converter's. Scoring has `src/infer`. */
import { RoentgenError } from '../../errors.ts'
import { Apart, builtFile, DiedApart } from '../apart.ts'
import type { DType } from '../graph/graph.ts'
import { sessionEnvironment } from './session-environment.ts'

/** Values of an input. */
export interface Values {
  dtype: Extract<DType, 'float32' | 'int32' | 'uint8'>
  shape: readonly number[]
  data: Float32Array | Int32Array | Uint8Array
}

/** A value for each input of a model, by name. */
export type Feed = readonly (readonly [name: string, values: Values])[]

/** Values of an output, as numbers, whatever its type. */
export interface Computed {
  shape: readonly number[]
  data: Float32Array | Float64Array
}

export interface RunRequest {
  model: string | Uint8Array
  feeds: readonly Feed[]
}

const ENTRY = builtFile('runner-worker', import.meta.url, 2)

/** Kept for the next model; it does not keep this process alive. */
let idle: Apart | undefined

const started = (): Apart => new Apart(ENTRY, sessionEnvironment(process.env))

/** Starts the process before there is a model for it. */
export function startRunner(): void {
  if (idle?.isAlive !== true) idle = started()
}

/** Runs a model on each feed, in fp32 on the cpu provider.
 *  @param model  a path, or the bytes
 *  @returns for each feed the outputs by name
 *  @throws ROE_MODEL_INVALID, ROE_INFERENCE */
export async function runOnnx(
  model: string | Uint8Array,
  feeds: readonly Feed[],
): Promise<ReadonlyMap<string, Computed>[]> {
  const apart = idle?.isAlive ? idle : started()
  idle = undefined
  try {
    const results = await apart.ask<ReadonlyMap<string, Computed>[]>({ model, feeds })
    rest(apart)
    return results
  } catch (error) {
    if (!(error instanceof DiedApart)) {
      rest(apart)
      throw error
    }
    const where = typeof model === 'string' ? model : 'the model in memory'
    throw new RoentgenError('ROE_INFERENCE', { where, problem: error.message }, { cause: error })
  }
}

function rest(apart: Apart): void {
  if (idle === undefined) idle = apart
  else apart.stop()
}
