/** The process in which `doctor` asks a training engine whether it is there: a driver that does not fit ends its process. */
import { answerProof } from '../native/prove.ts'
import { ENGINES } from '../train/engines/engines.ts'

answerProof(async (wanted) => {
  const engine = ENGINES.find(({ name }) => name === wanted)
  const there = await engine?.available(true)
  if (there !== true) throw new Error(there)
  return ''
})
