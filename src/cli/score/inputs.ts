/** Options of `roentgen score` that say which films. */
import type { Argv } from 'yargs'

export const inputOptions = <T>(yargs: Argv<T>) =>
  yargs.positional('folder', {
    type: 'string',
    demandOption: true,
    describe: 'folder of films, or one film',
  })
