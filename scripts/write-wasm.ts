/** Compiles the AssemblyScript of src/image/wasm, each file into a module beside it, as base64, since tsc copies no other
 *  files: npm run generate:wasm */
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { main } from 'assemblyscript/asc'
import { writeWhole } from '../whole-file.ts'

const FOLDER = 'src/image/wasm'

/** Files of FOLDER that are compiled. */
export const WASM = ['resample', 'unfilter'] as const
const OPTIONS = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--outFile', 'module.wasm']

/** The text of NAME-module.ts. @param root  of the repository   @throws Error with what the compiler says */
export async function moduleText(root: string, name: (typeof WASM)[number]): Promise<string> {
  let wasm: Uint8Array = Buffer.alloc(0)
  const writeFile = (_: string, content: Uint8Array | string): void => {
    if (content instanceof Uint8Array) wasm = content
  }
  const { error, stderr } = await main([`${FOLDER}/${name}.ts`, '--baseDir', root, ...OPTIONS], { writeFile })
  if (error !== null) throw new Error(stderr.toString(), { cause: error })
  const lines =
    Buffer.from(wasm)
      .toString('base64')
      .match(/.{1,100}/g) ?? []
  const text = lines.map((line) => `  '${line}',\n`).join('')
  return `/** Made from ${name}.ts by npm run generate:wasm; a WebAssembly module in base64. */\nexport const ${name.toUpperCase()}_MODULE = [\n${text}].join('')\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = process.cwd()
  for (const name of WASM) {
    const path = join(root, FOLDER, `${name}-module.ts`)
    await writeWhole(path, Buffer.from(await moduleText(root, name)))
    console.log(relative(root, path))
  }
}
