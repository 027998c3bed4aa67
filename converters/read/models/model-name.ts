/** What a model is called, out of its path. */
import { basename, dirname, resolve } from 'node:path'

/** `covid` for covid.h5, `mobilenet` for the folder mobilenet and for mobilenet/model.json. */
export function modelName(path: string): string {
  const name = basename(resolve(path))
  if (name === 'model.json') return basename(dirname(resolve(path)))
  return name.replace(/\.(json|h5|hdf5|keras|zip)$/i, '')
}
