/** Inputs that a user gives for a comparison: `--samples x.npy`, or a file for each input. */
import { readFile } from 'node:fs/promises'
import type { RecordInput, Values } from '../../converters/index.ts'
import { readNpy } from '../../converters/read/npy.ts'
import { problemOf, RoentgenError } from '../../errors.ts'

/** Text of the help. */
export const SAMPLES = 'a .npy file for each input, with commas, in their order'

/** @returns a value for each input, as one run   @throws ROE_OPTION, ROE_NOT_FOUND */
export async function readSamples(text: string, inputs: readonly RecordInput[]): Promise<Values[]> {
  const paths = text.split(',').map((path) => path.trim())
  if (paths.length !== inputs.length)
    throw refuse(
      '--samples',
      `${inputs.length} files, for ${inputs.map(({ name }) => name).join(', ')}`,
      `${paths.length}`,
    )
  const values: Values[] = []
  for (const [i, input] of inputs.entries()) values.push(await readSample(paths[i]!, input))
  const batches = values.map(({ shape }) => shape[0] ?? 1)
  if (inputs.some(({ shape }) => shape[0] === null) && new Set(batches).size > 1)
    throw refuse('--samples', 'files with as many rows each', batches.join(' and '))
  return values
}

async function readSample(path: string, { name, dtype, shape }: RecordInput): Promise<Values> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'file' }, { cause })
  })
  const wanted = `${dtype} [${shape.map((size) => size ?? 'N').join(', ')}] for input '${name}'`
  try {
    const found = readNpy(bytes, dtype)
    const fits =
      found.shape.length === shape.length &&
      shape.every((size, i) => size === null || size === found.shape[i])
    if (!fits) throw new Error(`its shape is [${found.shape.join(', ')}]`)
    return { dtype, ...found }
  } catch (error) {
    throw refuse(
      `--samples ${path}`,
      `a .npy with ${wanted}`,
      `a file that does not fit: ${problemOf(error)}`,
    )
  }
}

const refuse = (where: string, expected: string, received: string): RoentgenError =>
  new RoentgenError('ROE_OPTION', { where, expected, received })
