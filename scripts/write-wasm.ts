/** Compiles src/image/wasm/resample.ts (AssemblyScript) into resample-module.ts beside it, as base64, since tsc copies
 *  no other files: npm run generate:wasm */
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { main } from 'assemblyscript/asc'
import { writeWhole } from '../whole-file.ts'

const SOURCE = 'src/image/wasm/resample.ts'
const MODULE = 'src/image/wasm/resample-module.ts'
const OPTIONS = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--outFile', 'module.wasm']

/** The text of resample-module.ts. @param root  of the repository   @throws Error with what the compiler says */
export async function moduleText(root: string): Promise<string> {
  let wasm: Uint8Array = Buffer.alloc(0)
  const writeFile = (_: string, content: Uint8Array | string): void => {
    if (content instanceof Uint8Array) wasm = content
  }
  const { error, stderr } = await main([SOURCE, '--baseDir', root, ...OPTIONS], { writeFile })
  if (error !== null) throw new Error(stderr.toString(), { cause: error })
  const lines =
    Buffer.from(wasm)
      .toString('base64')
      .match(/.{1,100}/g) ?? []
  const text = lines.map((line) => `  '${line}',\n`).join('')
  return `/** Made from resample.ts by npm run generate:wasm; a WebAssembly module in base64. */\nexport const RESAMPLE_MODULE = [\n${text}].join('')\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = process.cwd()
  await writeWhole(join(root, MODULE), Buffer.from(await moduleText(root)))
  console.log(relative(root, join(root, MODULE)))
}
