/** A part that hangs or ends its process while it is tried costs a line, not the command. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { proveApart } from '../../src/native/prove.ts'

const folder = mkdtempSync(join(tmpdir(), 'roentgen-prove-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ANSWER = "process.on('message', () => process.send({ is: 'done', value: { says: 'it works' } }))"
const CASES: [what: string, code: string, limitMs: number, expected: string][] = [
  ['works', ANSWER, 60_000, 'it works'],
  ['hangs', 'setInterval(() => {}, 1000)', 500, 'Error: it gave no answer in 0.5 s'],
  [
    'is killed',
    "process.on('message', () => process.kill(process.pid, 'SIGKILL'))",
    60_000,
    'Error: its process ended with signal SIGKILL',
  ],
]
for (const [what, code, limitMs, expected] of CASES)
  it(`says what a part does that ${what}`, async () => {
    const entry = join(folder, `${what.replace(' ', '-')}.mjs`)
    writeFileSync(entry, code)
    const said = await proveApart(pathToFileURL(entry), limitMs)(folder).catch(String)
    expect(said).toBe(expected)
  })
