/** tfjs' own backend of plain JavaScript: always there, the reference, and slow. */
import { setBackend, version_core } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { EngineRow } from './engine.ts'

export const CPU = {
  name: 'cpu',
  describe: 'plain JavaScript on one core: the reference, and slow',
  available: async () => true,
  async open() {
    await setBackend('cpu')
    return { name: 'cpu', version: version_core, device: 'plain JavaScript', close: async () => {} }
  },
} as const satisfies EngineRow
