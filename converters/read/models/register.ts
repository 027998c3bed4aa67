/** Layers and activations of a user's own: a module that registers them with the tfjs that reads the model. It is handed
 *  our tfjs, since one that it imported itself might be another copy, which registers for nobody. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { problemOf, RoentgenError } from '../../../errors.ts'
import '../../../layers/index.ts'

type Register = (core: typeof tf, layers: typeof tfl) => unknown

const EXPECTED = 'a module whose default export, a function (tf, tfl), calls tf.serialization.registerClass'

/** Modules that are registered in this process. */
const known = new Set<string>()

/** Runs a module's default export, once in a process.
 *  @param path  of the module   @throws ROE_NOT_FOUND, ROE_OPTION with what is wrong with it */
export async function registerLayers(path: string): Promise<void> {
  const url = pathToFileURL(resolve(path)).href
  if (known.has(url)) return
  const refuse = (received: string, cause?: unknown): RoentgenError =>
    new RoentgenError('ROE_OPTION', { where: '--register', expected: EXPECTED, received }, { cause })
  const before = new Set(registered())
  await stat(path).catch((cause: unknown) => {
    throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'module' }, { cause })
  })
  const { default: register } = await import(url).catch((cause: unknown) => {
    throw refuse(`${path}, which cannot be loaded: ${problemOf(cause)}`, cause)
  })
  if (typeof register !== 'function') throw refuse(`${path}, whose default export is no function`)
  try {
    await (register as Register)(tf, tfl)
  } catch (cause) {
    throw refuse(`${path}, which throws: ${problemOf(cause)}`, cause)
  }
  if (registered().every((name) => before.has(name))) throw refuse(`${path}, which registers nothing new`)
  known.add(url)
}

const registered = (): string[] => Object.keys(tf.serialization.SerializationMap.getMap().classNameMap)
