/** tfjs' own backend of plain JavaScript: always there, the reference, and slow. */
import { version_core } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { EngineRow } from './engine.ts'
import { computeOn } from './home.ts'

export const CPU = {
  name: 'cpu',
  describe: 'plain JavaScript on one core: the reference, and slow',
  available: async () => true,
  async open() {
    await computeOn('cpu')
    return { name: 'cpu', version: version_core, device: 'plain JavaScript', close: async () => {} }
  },
} as const satisfies EngineRow
