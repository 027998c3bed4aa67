/** sharp at its best: films decode ahead in its threads, JPEGs are shrunk as they are read, batches of 16. */
import { InferenceSession, rounds, SIZE, sharp, Tensor } from './peer.mjs'

const BATCH = 16
sharp.concurrency(1)
const session = await InferenceSession.create(process.argv[2])
const begin = (next) =>
  Array.from({ length: BATCH }, () =>
    sharp(next()).resize(SIZE, SIZE, { fit: 'fill', fastShrinkOnLoad: true }).greyscale().raw().toBuffer(),
  )
const waiting = []
await rounds(BATCH, async (next) => {
  while (waiting.length < 3) waiting.push(begin(next))
  const films = await Promise.all(waiting.shift())
  const pixels = new Uint8Array(BATCH * SIZE * SIZE)
  for (const [i, film] of films.entries()) pixels.set(film, i * SIZE * SIZE)
  await session.run({ [session.inputNames[0]]: new Tensor('uint8', pixels, [BATCH, SIZE, SIZE, 1]) })
})
