/** Each film and its mirror image through a model: a session that wraps another (`--tta flip`). */
import { strict as assert } from 'node:assert'
import type { Session } from './session.ts'

/** Outputs are the means of the two, computed in double. Films keep their places, so that of each the result is its own. */
export function mirroredSession(session: Session): Session {
  const mirrored = new Uint8Array(session.batch * session.filmBytes)
  const run: Session['run'] = async (pixels, count) => {
    const straight = await session.run(pixels, count)
    mirror(pixels, session.input.filmShape, mirrored)
    const turned = await session.run(mirrored.subarray(0, pixels.length), count)
    return Object.fromEntries(
      session.outputs.map(({ name }) => [name, mean(straight[name], turned[name])] as const),
    )
  }
  return { ...session, run }
}

function mean(a: Float32Array | undefined, b: Float32Array | undefined): Float32Array {
  assert(a !== undefined && b !== undefined && a.length === b.length, 'two results of one size')
  return a.map((value, i) => (value + b[i]!) / 2)
}

/** Left becomes right. @param films  NHWC   @param shape  height, width, channels */
function mirror(films: Uint8Array, shape: readonly number[], mirrored: Uint8Array): void {
  const [, width = 1, channels = 1] = shape
  const line = width * channels
  for (let row = 0; row < films.length; row += line)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        mirrored[row + (width - 1 - x) * channels + c] = films[row + x * channels + c]!
}
