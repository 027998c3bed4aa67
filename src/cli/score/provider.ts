/** Options of `roentgen score` that say where models run, and what a resumed run makes of them. */
import type { Argv } from 'yargs'
import { RoentgenError } from '../../../errors.ts'
import { PROVIDERS, type ProviderName, providerNamed, withDevice } from '../../infer/providers.ts'
import type { RunHeader } from '../../infer/run/header.ts'

export const providerOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('provider', {
      choices: [...PROVIDERS.map(({ name }) => name), 'auto' as const],
      describe: 'where the model runs; auto: the fastest that agrees with the cpu [cpu]',
    })
    .option('devices', {
      type: 'string',
      describe: 'numbers of the GPUs to run on, such as 0,1: two workers for each',
    })
    .option('tf32', {
      type: 'boolean',
      describe: 'let NVIDIA GPUs multiply with 11 bits instead of 24: faster, less exact',
    })

interface Wish {
  provider?: ProviderName | 'auto' | undefined
  tf32?: boolean | undefined
  devices?: string | undefined
}

/** What is asked for; a run that goes on takes what it began with wherever nothing else is named.
 *  @param before  of the run that is resumed   @throws ROE_OPTION for --tf32 and --devices where they mean nothing */
export function wishOf({ provider, tf32, devices: given }: Wish, before: RunHeader['results'] | null) {
  const named = provider === 'auto' ? (before?.provider ?? provider) : provider
  const wanted = named ?? before?.provider ?? 'cpu'
  const isNvidia = wanted === 'auto' || Object.keys(providerNamed(wanted).exactly).length > 0
  if (tf32 === true && !isNvidia) {
    const facts = { expected: 'none but with --provider cuda, tensorrt or auto', received: '--tf32' }
    throw new RoentgenError('ROE_OPTION', { where: '--tf32', ...facts })
  }
  const devices = devicesOf(given)
  if (wanted !== 'auto') withDevice(providerNamed(wanted), devices[0])
  const [device] = devices
  return { wanted, devices, ...(device !== undefined && { device }), tf32: tf32 ?? before?.tf32 ?? false }
}

/** @throws ROE_OPTION unless they are whole numbers from 0, each once */
function devicesOf(given: string | undefined): number[] {
  if (given === undefined) return []
  const devices = given.split(',').map((one) => (/^\d{1,3}$/.test(one.trim()) ? Number(one) : Number.NaN))
  if (devices.every(Number.isInteger) && new Set(devices).size === devices.length) return devices
  const expected = 'numbers of devices with commas between them, such as 0,1'
  throw new RoentgenError('ROE_OPTION', { where: '--devices', expected, received: given })
}
