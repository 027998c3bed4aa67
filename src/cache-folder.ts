/** Where things are kept that were fetched or built once for all runs: nothing in it is a result. */
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** `ROENTGEN_CACHE`, else `roentgen` in XDG's cache folder, else in ~/.cache. Not made here.
 *  @param names  of what is kept, one below another */
export function cacheFolder(...names: readonly string[]): string {
  const { ROENTGEN_CACHE: own = '', XDG_CACHE_HOME: shared = '' } = process.env
  if (own !== '') return join(own, ...names)
  // Relative ones are to be ignored, says XDG.
  return join(isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'roentgen', ...names)
}
