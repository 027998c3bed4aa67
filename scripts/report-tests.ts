/** Reads what vitest's JSON reporter wrote and says how many tests passed, failed and were skipped, and which were
 *  skipped. Fails when one was skipped for want of ../shared though it is there: then nothing was proved by it.
 *  Example: node dist/scripts/report-tests.js results.json */
import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

const RESULTS = z.object({
  testResults: z.array(
    z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) }),
  ),
})

/** A test that needs a part that may be missing says so in its title: `(skipped without webgpu)`. */
const OPTIONAL = /\(skipped without (?!\.\.\/shared)[^)]+\)/

const path = process.argv[2] ?? ''
const tests = RESULTS.parse(JSON.parse(readFileSync(path, 'utf8'))).testResults.flatMap(
  ({ assertionResults }) => assertionResults,
)
const count = (...statuses: string[]): number =>
  tests.filter(({ status }) => statuses.includes(status)).length
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
for (const { fullName } of skipped) process.stdout.write(`skipped: ${fullName}\n`)
const wanting = existsSync('../shared') ? skipped.filter(({ fullName }) => !OPTIONAL.test(fullName)) : []
if (wanting.length > 0)
  process.stdout.write(`${wanting.length} tests were skipped though ../shared is there\n`)
process.stdout.write(`${count('passed')} passed, ${count('failed')} failed, ${skipped.length} skipped\n`)
process.exitCode = count('failed') + wanting.length > 0 || tests.length === 0 ? 1 : 0
