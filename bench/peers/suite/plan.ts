/** In which order peers are visited: rounds over all backbones, in each another order, so that what else the machine does
 *  meets all; ours and the peer with the nearest bar one after the other, each first in turn. */
import { deriveSeed, seededRandom, shuffled } from '../../../random.ts'
import { OURS, type Peer } from './peers.ts'

export interface Stop {
  backbone: string
  peer: Peer
  round: number
}

/** The same engine as ours: a hundredth counts. */
const BESIDE = 'onnxruntime'

/** @returns every peer on every backbone in every round, slow ones in the first round only */
export function planOf(
  backbones: readonly string[],
  peers: readonly Peer[],
  rounds: number,
  seed: number,
): Stop[] {
  return Array.from({ length: rounds }, (_, round) => {
    const random = seededRandom(deriveSeed(seed, `round ${round}`))
    return shuffled(backbones, random).flatMap((backbone, i) =>
      besideOurs(
        shuffled(
          peers.filter(({ slow }) => !slow || round === 0),
          random,
        ),
        (round + i) % 2 === 0,
      ).map((peer) => ({ backbone, peer, round })),
    )
  }).flat()
}

function besideOurs(peers: readonly Peer[], oursFirst: boolean): Peer[] {
  const ours = peers.find(({ name }) => name === OURS)
  const other = peers.find(({ name }) => name === BESIDE)
  if (ours === undefined || other === undefined) return [...peers]
  const pair = oursFirst ? [ours, other] : [other, ours]
  return peers.flatMap((peer) => (peer === other ? pair : peer === ours ? [] : [peer]))
}
