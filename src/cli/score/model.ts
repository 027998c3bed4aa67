/** Options of `roentgen score` that say what is computed: results depend on them. */
import type { Argv } from 'yargs'
import { PROVIDERS } from '../../infer/providers.ts'

export const modelOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('model', { alias: 'm', type: 'string', demandOption: true, describe: 'ONNX model of roentgen' })
    .option('batch', { type: 'number', describe: 'films a batch [16, or what the model fixes]' })
    .option('provider', {
      choices: PROVIDERS.map(({ name }) => name),
      default: 'cpu' as const,
      describe: 'where the model runs',
    })
