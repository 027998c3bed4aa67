/** Writes docs/coverage.md from the table of kernels: npm run build && node dist/scripts/write-coverage.js */
import { join } from 'node:path'
import { coveragePage } from '../converters/record/coverage.ts'
import { writeWhole } from '../whole-file.ts'

const path = join(process.cwd(), 'docs', 'coverage.md')
await writeWhole(path, Buffer.from(coveragePage()))
console.log(path)
