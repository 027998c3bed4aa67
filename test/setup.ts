/** Properties are drawn from one seed, so that a run can be repeated: FC_SEED=… takes another, FC_SEED=random a new one. */
import fc from 'fast-check'

const { FC_SEED = '20261122' } = process.env
const seed = FC_SEED === 'random' ? Date.now() % 2 ** 31 : Number(FC_SEED)
if (FC_SEED === 'random') console.info(`fast-check seed ${seed}`)
fc.configureGlobal({ seed })
