/** `roentgen/bench`: a measuring instrument for any function. Sessions and films come from those who hand them in. */
export { type Estimate, estimatePercentile, fewestQueries, PERCENTILES } from './early-stopping.ts'
export { type MeasureOptions, measure } from './measure.ts'
export { closedLoop, type Loop } from './scenarios.ts'
export { quantile, type Spread, spreadOf, spreadText } from './statistics.ts'
export { type Progress, runSuite, type SuiteEnd, type SuiteOptions, type Visit } from './suite.ts'
