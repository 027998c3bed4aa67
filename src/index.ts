/** The public face of `roentgen`; the pillars have their own: roentgen/converters, roentgen/models, roentgen/bench. */
export { ERRORS, type ErrorCode, RoentgenError } from '../errors.ts'
export type { Film, Pixels, Preprocessing, Step } from './image/film.ts'
