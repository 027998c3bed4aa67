/** A process that computes ends with its parent, though that was killed and could say nothing. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { builtFile } from '../../converters/apart.ts'

const APART = builtFile('apart', new URL('../../converters/apart.ts', import.meta.url).href, 1).href

/** Says its id, then hears of nothing any more. */
const CHILD = `import { answerRequests } from '${APART}'
answerRequests(async () => {
  process.send({ is: 'done', value: process.pid })
  for (;;);
})`
const parentOf = (child: string): string => `import { Apart } from '${APART}'
console.log(await new Apart(new URL('${pathToFileURL(child)}')).ask({}))
setInterval(() => {}, 1000)`

test('a process that computes ends with a parent that was killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roentgen-orphan-'))
  let pid = 0
  try {
    const child = join(folder, 'child.mjs')
    await writeFile(child, CHILD)
    const parent = spawn(process.execPath, ['--input-type=module', '-e', parentOf(child)])
    const [said] = (await once(parent.stdout, 'data')) as [Buffer]
    pid = Number(said)
    expect(isThere(pid)).toBe(true)
    parent.kill('SIGKILL')
    for (let waited = 0; isThere(pid) && waited < 100; waited++) await sleep(100)
    expect(isThere(pid)).toBe(false)
  } finally {
    if (pid > 0 && isThere(pid)) process.kill(pid, 'SIGKILL')
    await rm(folder, { recursive: true })
  }
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
