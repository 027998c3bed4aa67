/** `roentgen/bench`: a measuring instrument for any function. Sessions and films come from those who hand them in. */
export { compareResults, regressionsOf } from './compare.ts'
export { diagnose, diagnosisText } from './diagnose.ts'
export { type Estimate, estimatePercentile, fewestQueries, PERCENTILES } from './early-stopping.ts'
export { type MeasureOptions, measure } from './measure.ts'
export { RESULTS, type Results } from './results.ts'
export { closedLoop, type Loop } from './scenarios.ts'
export {
  type Figure,
  overProcesses,
  quantile,
  type Ratio,
  ratioOverProcesses,
  type Spread,
  spreadOf,
  spreadText,
} from './statistics.ts'
export { type Progress, runSuite, type SuiteEnd, type SuiteOptions, type Visit } from './suite.ts'
export { type TableRow, tableOf } from './table.ts'
