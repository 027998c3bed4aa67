/** The table of all layers that tfjs-layers makes: one row for each factory, aliases too. */
import type { ArgsOf, Factory, LayerCase } from './case.ts'
import { PLAIN_LAYERS } from './plain-layers.ts'
import { RECURRENT_LAYERS } from './recurrent-layers.ts'
import { WINDOW_LAYERS } from './window-layers.ts'

export const LAYERS = {
  ...WINDOW_LAYERS,
  ...RECURRENT_LAYERS,
  ...PLAIN_LAYERS,
} satisfies { [Name in Factory]: readonly LayerCase<ArgsOf<Name>>[] }
