/** Made-up native parts: small wheels and npm packages, whose digests are those of the files. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Zippable, zipSync } from 'fflate'
import type { Part, Source } from '../../src/native/part.ts'

/** What a wheel may hold besides plain files. */
interface Entry {
  content: string
  /** As Unix says it: 0o120777 is a link. */
  mode?: number
}
export type Entries = Readonly<Record<string, string | Entry>>

export function wheelOf(entries: Entries): Uint8Array {
  const files: Zippable = {}
  for (const [name, entry] of Object.entries(entries)) {
    const { content, mode = 0o100644 } = typeof entry === 'string' ? { content: entry } : entry
    files[name] = [Buffer.from(content), { os: 3, attrs: (mode << 16) >>> 0 }]
  }
  return zipSync(files)
}

/** As npm writes it.  @param type  of all entries: `0` is a plain file, `2` a link */
export function tgzOf(entries: Readonly<Record<string, string>>, type = '0'): Uint8Array {
  const blocks = Object.entries(entries).flatMap(([name, content]) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124)
    header.write(type, 156)
    header.write('ustar\x0000', 257)
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512)
    body.write(content)
    return [header, body]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const LIBRARY = 'extern "C" int answer();\nint main() { return answer() == 42 ? 0 : 1; }\n'
const WHEEL: Entries = {
  'made/lib/answer.cc': 'extern "C" int answer() { return 42; }\n',
  'made/bin/tool': { content: '#!/bin/sh\n', mode: 0o100755 },
  'made/include/deep/answer.h': 'int answer();\n',
  'made/python/secret.py': 'print(1)\n',
  'made.dist-info/METADATA': 'Name: made\n',
}

export interface Wishes {
  version?: string
  /** In the place of, or beside, what the wheel holds. */
  wheel?: Entries
  prove?: (folder: string) => Promise<string>
  room?: number
  compile?: Part['compile']
  platforms?: string[]
}

/** A part of a wheel and an npm package, compiled by the machine's own compiler.
 *  @returns the part, and the bytes of its archives by name */
export function madePart(wishes: Wishes = {}): { part: Part; archives: Map<string, Uint8Array> } {
  const { version = '1.0', prove = async () => `made ${version}`, room = 1000 } = wishes
  const wheel = wheelOf({ ...WHEEL, ...wishes.wheel })
  const tgz = tgzOf({ 'package/main.cc': LIBRARY, 'package/install.js': 'process.exit(1)\n' })
  const names = [`made-${version}-py3-none-any.whl`, `made-${version}.tgz`] as const
  const sources: Source[] = [
    {
      file: names[0],
      sha256: digest(wheel),
      by: 'pip',
      requirement: `made==${version}`,
      take: [
        { from: /^made\/lib\/(\w+\.cc)$/, to: 'build/$1' },
        { from: /^made\/(bin\/.+)$/, to: '$1' },
        { from: /^made\/include\/(.+\.h)$/, to: 'include/$1' },
      ],
    },
    {
      file: names[1],
      sha256: digest(tgz),
      by: 'npm',
      requirement: `made@${version}`,
      take: [{ from: /^package\/(main\.cc)$/, to: 'build/$1' }],
    },
  ]
  const part: Part = {
    name: 'made',
    describe: 'a part for tests',
    version,
    platforms: wishes.platforms ?? [`${process.platform}-${process.arch}`],
    elsewhere: 'use another machine',
    cpu: { sources, room },
    gpu: { sources, room },
    files: { 'shim/index.js': '// ours\n' },
    compile:
      wishes.compile === undefined
        ? () => ['-I', 'include', 'build/main.cc', 'build/answer.cc', '-o', 'answer']
        : wishes.compile,
    prove,
  }
  return {
    part,
    archives: new Map([
      [names[0], wheel],
      [names[1], tgz],
    ]),
  }
}

/** Puts archives where `--from` looks. */
export function putArchives(folder: string, archives: ReadonlyMap<string, Uint8Array>): string {
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of archives) writeFileSync(join(folder, name), bytes)
  return folder
}

/** A program of a few lines of sh. */
export function writeProgram(folder: string, name: string, lines: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
}
