/** The plain loop in Node: one film at a time through sharp, a tensor, a run. */
import { InferenceSession, rounds, SIZE, sharp, Tensor } from './peer.mjs'

const session = await InferenceSession.create(process.argv[2])
await rounds(1, async (next) => {
  const pixels = await sharp(next()).resize(SIZE, SIZE, { fit: 'fill' }).greyscale().raw().toBuffer()
  await session.run({ [session.inputNames[0]]: new Tensor('uint8', pixels, [1, SIZE, SIZE, 1]) })
})
