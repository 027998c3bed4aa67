/** `roentgen/bench`: a measuring instrument for any function. Scenarios and suites come later. */
export { type MeasureOptions, measure } from './measure.ts'
export { quantile, type Spread, spreadOf, spreadText } from './statistics.ts'
