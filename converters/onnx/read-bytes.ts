/** The bytes of an ONNX file that a command was given. (`metadata.ts` and scoring name a missing model in their own words.) */
import { readFile } from 'node:fs/promises'
import { problemOf, RoentgenError } from '../../errors.ts'

/** @throws ROE_NOT_FOUND, ROE_MODEL_INVALID where it cannot be read */
export const readBytes = (where: string): Promise<Uint8Array> =>
  readFile(where).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new RoentgenError('ROE_NOT_FOUND', { where, kind: 'model' }, { cause })
      : new RoentgenError('ROE_MODEL_INVALID', { where, problem: problemOf(cause) }, { cause })
  })
