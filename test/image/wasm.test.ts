/** The compiled modules of src/image/wasm are what their sources say. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { moduleText, WASM } from '../../scripts/write-wasm.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

for (const name of WASM)
  it(`the module ${name} is what its source compiles to`, async () => {
    const module = readFileSync(`${root}src/image/wasm/${name}-module.ts`, 'utf8')
    expect(module).toBe(await moduleText(root, name))
  })
