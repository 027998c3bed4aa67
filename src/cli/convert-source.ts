/** A model as it is converted: read, and behind the input that was asked for. In a file of its own, since the process
 *  that computes the reference opens the model too. */
import '@tensorflow/tfjs-backend-cpu'
import { enableProdMode, setBackend } from '@tensorflow/tfjs-core'
import type { ReadModel } from '../../converters/index.ts'
import { readModel } from '../../converters/read/models/read-model.ts'
import { type SaidFacts, type Signature, withSaidInput } from './convert-facts.ts'

export interface Source {
  model: ReadModel
  signature: Signature
}

/** @param facts  as plain data   @returns a model that the caller disposes   @throws what reading throws, ROE_OPTION */
export async function openSource(path: string, facts: SaidFacts): Promise<Source> {
  enableProdMode()
  // Weights are read here, whatever else is loaded to compute with them.
  await setBackend('cpu')
  const model = await readModel(path, facts)
  try {
    return { model, signature: withSaidInput(model, facts) }
  } catch (error) {
    model.dispose()
    throw error
  }
}
