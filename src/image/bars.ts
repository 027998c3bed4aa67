/** The table of rules for black bars around a film (S2.2): one file a rule. */
import { hansen } from './bars/hansen.ts'
import { robust } from './bars/robust.ts'
import type { BarRule, Film } from './film.ts'

const BARS: { readonly [Rule in BarRule]: (film: Film) => Film } = { hansen, robust }

/** Removes black bars. @throws ROE_BARS_NOT_SQUARE (hansen), ROE_BARS_ALL_BLACK */
export const removeBars = (film: Film, rule: BarRule): Film => BARS[rule](film)
