/** Trains a narrow MobileNet on the films of seed003 and evaluates it on its test films, with the real commands, as a user
 *  would: what `check-rosebrock` and `check-fine-tune` hold to their bars. */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

/** Test films that have a copy in train (SOURCES.md). */
export const COPIES = 8

interface Accuracy {
  value: number
  of: number
}

export interface Trained {
  /** On all films, and on those without a copy in train. */
  all: Accuracy
  clean: Accuracy
  copies: number
  /** Of training, and of both. */
  trainSeconds: number
  seconds: number
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
const DATA = resolve(fileURLToPath(new URL('../../../..', import.meta.url)), 'shared/data')
const TRUNK = ['--backbone', 'mobilenet', '--alpha', '0.25', '--scaling', 'tf']
const WEIGHTS = ['--weights', join(DATA, 'weights/mobilenet_v1_0.25_224')]

function roentgen(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`roentgen ${args[0]} ended with ${status}: ${stderr}`)
  return stdout
}

/** @param how  options of `roentgen train` beside trunk, weights, films and folder */
export function trainAndEvaluate(how: readonly string[], folder: string): Trained {
  const begun = performance.now()
  roentgen(['train', ...TRUNK, ...WEIGHTS, '--data', join(DATA, 'seed003/train'), ...how, '-o', folder])
  const trainSeconds = (performance.now() - begun) / 1000
  const { all, withoutCopies, copies } = JSON.parse(
    roentgen([
      'evaluate',
      ...['-m', join(folder, 'model.onnx'), '--data', join(DATA, 'seed003/test'), '--json'],
    ]),
  )
  const seconds = (performance.now() - begun) / 1000
  return { all: all.accuracy, clean: withoutCopies.accuracy, copies: copies.length, trainSeconds, seconds }
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** One line of a table. */
export const line = (...cells: readonly (string | number)[]): void =>
  void process.stdout.write(
    `${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(12) : String(cell).padStart(10))).join('')}\n`,
  )
