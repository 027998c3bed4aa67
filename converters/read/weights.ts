/** Reads the weights of a network from what a user has: the table of readers and the choice among them.
 *  Only weights: the topology in these files is not looked at. */
import { open, stat } from 'node:fs/promises'
import { RoentgenError } from '../../errors.ts'
import type { NamedTensors } from '../tensor.ts'
import { readKerasWeights } from './keras-h5.ts'
import { readTfjsWeights } from './tfjs-layers-model.ts'

/** What a path is, before any reader opens it. */
interface Kind {
  isFolder: boolean
  /** The first bytes of a file. */
  head: Buffer
}

interface Reader {
  describe: string
  match: (kind: Kind) => boolean
  read: (path: string) => NamedTensors | Promise<NamedTensors>
}

const HDF5_SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')

/** By content, not by extension. */
export const READERS: readonly Reader[] = [
  {
    describe: 'a tfjs LayersModel (its folder or its json)',
    match: ({ isFolder, head }) => isFolder || /^\s*\{/.test(head.toString('latin1')),
    read: readTfjsWeights,
  },
  {
    describe: 'a Keras 2 .h5 file (a model, or weights alone)',
    match: ({ head }) => head.subarray(0, HDF5_SIGNATURE.length).equals(HDF5_SIGNATURE),
    read: readKerasWeights,
  },
]

/** Reads all weights of a file or folder; an optimizer's state is left out.
 *  @returns tensors keyed as `layer/weight` (`conv1/kernel`), in the order of the file
 *  @throws ROE_NOT_FOUND, or ROE_WEIGHTS_FORMAT with the reason */
export async function readWeights(path: string): Promise<NamedTensors> {
  const kind = await kindOf(path)
  const reader = READERS.find(({ match }) => match(kind))
  if (reader === undefined)
    throw new RoentgenError('ROE_WEIGHTS_FORMAT', { where: path, problem: problemOfKind(kind) })
  return await reader.read(path)
}

async function kindOf(path: string): Promise<Kind> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RoentgenError('ROE_NOT_FOUND', { where: path, kind: 'file or folder of weights' }, { cause })
  })
  if (found.isDirectory()) return { isFolder: true, head: Buffer.alloc(0) }
  if (!found.isFile())
    throw new RoentgenError('ROE_WEIGHTS_FORMAT', {
      where: path,
      problem: 'it is neither a file nor a folder',
    })
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    const problem = `it cannot be read (${cause.code})`
    throw new RoentgenError('ROE_WEIGHTS_FORMAT', { where: path, problem }, { cause })
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return { isFolder: false, head: buffer.subarray(0, bytesRead) }
  } finally {
    await file.close()
  }
}

function problemOfKind({ head }: Kind): string {
  if (head.length === 0) return 'the file is empty (0 bytes)'
  if (head.subarray(0, 4).toString('latin1') === 'PK\x03\x04')
    return 'it is a zip archive (a Keras 3 .keras file?), which is not read'
  return `its content is neither ${READERS.map(({ describe }) => describe).join(' nor ')}`
}
