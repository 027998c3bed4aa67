/** Which weights a training began with, whatever they are called. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { listFilms } from '../../data/folder.ts'
import type { TrainingPlan } from '../../train/recipes.ts'

/** Of what both parts of a network begin with: what run.json says of them. */
export const digestsOf = async ({ weights, headWeights }: Pick<TrainingPlan, 'weights' | 'headWeights'>) => ({
  weights: await weightsDigest(weights),
  ...(headWeights !== undefined && { headWeights: await weightsDigest(headWeights) }),
})

/** sha256 over a file, or over the names and bytes of a folder's files; null for random weights, and where nothing can be
 *  read: whoever builds the network says so. */
async function weightsDigest(path: string | null): Promise<string | null> {
  if (path === null) return null
  try {
    return await digestOfPath(path)
  } catch {
    return null
  }
}

async function digestOfPath(path: string): Promise<string> {
  const hash = createHash('sha256')
  const isFolder = (await stat(path)).isDirectory()
  for (const file of isFolder ? await listFilms(path) : [path]) {
    if (isFolder) hash.update(`${file.slice(path.length)}\0`)
    await pipeline(createReadStream(file), async (bytes) => {
      for await (const piece of bytes) hash.update(piece)
    })
  }
  return hash.digest('hex')
}
