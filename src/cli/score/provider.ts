/** Options of `roentgen score` that say where models run, and what a resumed run makes of them. */
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import { PROVIDERS, type ProviderName, providerNamed } from '../../infer/providers.ts'
import type { RunHeader } from '../../infer/run/header.ts'

export const providerOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('provider', {
      choices: [...PROVIDERS.map(({ name }) => name), 'auto' as const],
      describe: 'where the model runs; auto: the fastest that agrees with the cpu [cpu]',
    })
    .option('tf32', {
      type: 'boolean',
      describe: 'let NVIDIA GPUs multiply with 11 bits instead of 24: faster, less exact',
    })

interface Wish {
  provider?: ProviderName | 'auto' | undefined
  tf32?: boolean | undefined
}

/** What is asked for; a run that goes on takes what it began with wherever nothing else is named.
 *  @param before  of the run that is resumed   @throws ROE_OPTION for --tf32 where it means nothing */
export function wishOf({ provider, tf32 }: Wish, before: RunHeader['results'] | null) {
  const named = provider === 'auto' ? (before?.provider ?? provider) : provider
  const wanted = named ?? before?.provider ?? 'cpu'
  const isNvidia = wanted === 'auto' || Object.keys(providerNamed(wanted).exactly).length > 0
  if (tf32 === true && !isNvidia) {
    const facts = { expected: 'none but with --provider cuda, tensorrt or auto', received: '--tf32' }
    throw new RoentgenError('ROE_OPTION', { where: '--tf32', ...facts })
  }
  return { wanted, tf32: tf32 ?? before?.tf32 ?? false }
}
