import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RoentgenError } from '../../errors.ts'
import { findPart, homeOf } from '../../src/native/find.ts'
import { installPart, removePart } from '../../src/native/install.ts'
import { removeFolder, temporaryFolder } from '../infer/films.ts'
import { without } from '../without.ts'
import { madePart, putArchives, type Wishes, writeProgram } from './made.ts'

const folder = temporaryFolder()
let count = 0
let place = ''
beforeEach(() => {
  place = join(folder, `${count++}`)
  mkdirSync(place)
  vi.stubEnv('ROENTGEN_CACHE', join(place, 'cache'))
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => removeFolder(folder))

const runs = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const hasCompiler = ['g++', 'clang++', 'c++'].some(runs)
const told = without('a C++ compiler', hasCompiler || 'native parts are not compiled in these tests')

/** Installs a made part from a folder of its own. */
async function install(wishes: Wishes & { gpu?: boolean } = {}) {
  const { part, archives } = madePart(wishes)
  const from = putArchives(join(place, `from-${part.version}`), archives)
  return { part, from, done: await installPart(part, { from, gpu: wishes.gpu ?? false }) }
}

const here = (): string[] => readdirSync(join(place, 'cache/native/made')).sort()
const filesBelow = (top: string): string[] =>
  readdirSync(top, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
    .sort()

describe.skipIf(!hasCompiler)(`installPart${told}`, () => {
  it('takes the listed files, compiles, proves, marks, and leaves nothing else', async () => {
    const proved: string[] = []
    const prove = async (made: string): Promise<string> => {
      proved.push(made)
      execFileSync(join(made, 'answer'))
      return 'the answer is 42'
    }
    const { part, done } = await install({ prove })
    expect(done).toMatchObject({ version: '1.0', wasThere: false, says: 'the answer is 42', variant: 'cpu' })
    expect(filesBelow(done.folder)).toEqual([
      'answer',
      'bin/tool',
      'include/deep/answer.h',
      'part.json',
      'shim/index.js',
    ])
    expect(here()).toEqual(['1.0'])
    expect(readdirSync(join(place, 'cache/native'))).toEqual(['made'])
    expect(proved).toHaveLength(1)
    expect(await findPart(part)).toMatchObject({ folder: done.folder, version: '1.0' })
  })

  it('what is there and works stays; what does not work any more is made again', async () => {
    let broken = ''
    const prove = async (made: string): Promise<string> => {
      if (made === broken) throw new Error('a library is gone')
      return 'fine'
    }
    const { part, from, done } = await install({ prove })
    writeFileSync(join(done.folder, 'marker'), '')
    expect(await installPart(part, { from: join(place, 'nowhere') })).toMatchObject({ wasThere: true })
    broken = done.folder
    expect(await installPart(part, { from })).toMatchObject({ wasThere: false })
    expect(existsSync(join(done.folder, 'marker'))).toBe(false)
  })

  it('a newer version takes the place of the older, which is gone then', async () => {
    await install()
    const { part, done } = await install({ version: '2.0' })
    expect(here()).toEqual(['2.0'])
    expect(await findPart(part)).toMatchObject({ folder: done.folder })
  })

  it('with GPU lies beside without, and is the one that is used', async () => {
    await install()
    const { part, done } = await install({ gpu: true })
    expect(here()).toEqual(['1.0', '1.0-gpu'])
    expect(await findPart(part)).toMatchObject({ folder: done.folder, variant: 'gpu' })
    expect((await removePart(part)).length).toBe(2)
    expect(await findPart(part)).toBeNull()
    expect(existsSync(homeOf(part))).toBe(false)
    expect(await removePart(part)).toEqual([])
  })

  it('what a killed installation left is swept away', async () => {
    mkdirSync(join(place, 'cache/native/made/.making-killed/made'), { recursive: true })
    await install()
    expect(here()).toEqual(['1.0'])
  })

  it('two at once: one installs, the other is told who does', async () => {
    let go = (): void => {}
    const waits = new Promise<string>((resolve) => {
      go = () => resolve('at last')
    })
    let began = (): void => {}
    const isBegun = new Promise<void>((resolve) => {
      began = resolve
    })
    const first = install({
      prove: () => {
        began()
        return waits
      },
    })
    await isBegun
    await expect(install()).rejects.toMatchObject({ code: 'ROE_RUN_BUSY', data: { pid: process.pid } })
    go()
    expect((await first).done.says).toBe('at last')
  })

  it('a mark of another machine or of nothing is no part', async () => {
    const { part, done } = await install()
    const mark = join(done.folder, 'part.json')
    const text = readFileSync(mark, 'utf8')
    for (const other of [text.replace(/"platform": "[^"]+"/, '"platform": "plan9-mips"'), '', '[]', '{']) {
      writeFileSync(mark, other)
      expect(await findPart(part)).toBeNull()
    }
    rmSync(mark)
    expect(await findPart(part)).toBeNull()
  })
})

/** Faults of the new version; the old one is there each time. */
interface Fault {
  what: string
  wishes?: Wishes
  /** Done to the folder of archives. */
  harm?: (from: string) => void
  /** Programs found on PATH, in the place of all others: name → lines of sh. Then nothing is given by a folder. */
  programs?: Record<string, string>
  env?: Record<string, string>
  message: RegExp
}

const OLD = '1.0'
const [WHEEL, TGZ] = ['made-2.0-py3-none-any.whl', 'made-2.0.tgz']
const flip = (path: string): void => {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(path, bytes)
}
const cut = (path: string): void => {
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.subarray(0, bytes.length - 1))
}
const VERSION = 'case "$*" in *--version*) echo 1; exit 0;; esac'

const FAULTS: readonly Fault[] = [
  {
    what: 'a damaged wheel',
    harm: (from) => flip(join(from, WHEEL)),
    message: /made-2.0-py3-none-any.whl is damaged or another file: its SHA-256 is \w{64}, not \w{64}; /,
  },
  {
    what: 'a wheel that is cut short',
    harm: (from) => cut(join(from, WHEEL)),
    message: /is damaged or another file/,
  },
  {
    what: 'a damaged npm package',
    harm: (from) => flip(join(from, TGZ)),
    message: /made-2.0.tgz is damaged/,
  },
  {
    what: 'an archive that is not there',
    harm: (from) => rmSync(join(from, TGZ)),
    message: /lacks made-2.0.tgz; bring them there: npm pack made@2.0$/,
  },
  {
    what: 'a wheel with ..',
    wishes: { wheel: { 'made/include/../../../../x.h': '' } },
    message: /is not taken: invalid relative path/,
  },
  {
    what: 'a wheel with an absolute name',
    wishes: { wheel: { '/made/include/x.h': '' } },
    message: /is not taken: absolute path/,
  },
  {
    what: 'a wheel with a link',
    wishes: { wheel: { 'made/include/x.h': { content: '/etc/passwd', mode: 0o120777 } } },
    message: /'made\/include\/x.h' is a link; nothing of it was used/,
  },
  { what: 'no compiler', programs: {}, message: /there is no C\+\+ compiler here; install one/ },
  {
    what: 'code that does not compile',
    wishes: { wheel: { 'made/lib/answer.cc': 'int answer( { return 42; }\n' } },
    message: /failed \(.*answer\.cc:1:\d+: error: .*\); try another compiler/,
  },
  {
    what: 'a compiler that crashes',
    env: { CXX: 'made-cxx -O2' },
    programs: {
      'made-cxx': `${VERSION}; kill -9 $$`,
      python3: `${VERSION}; exec copy-archives whl`,
      npm: `${VERSION}; exec copy-archives tgz`,
    },
    message: /made-cxx -O2 failed \(it was killed\)/,
  },
  {
    what: 'a part that does not work',
    wishes: {
      prove: async () => {
        throw new Error('it found no CPU\nand said so')
      },
    },
    message: /it does not work here \(it found no CPU\); report it/,
  },
  {
    what: 'no room',
    wishes: { room: 1e18 },
    message: /it needs 1000000000.0 GB free in .*, and there are [\d.]+ GB; make room/,
  },
  {
    what: 'another platform',
    wishes: { platforms: ['plan9-mips'] },
    message: /made for plan9-mips, and this is .*; use another machine$/,
  },
  {
    what: 'no npm',
    programs: { 'g++': VERSION },
    message: /there is no npm here .*; install one, or bring made-2.0-py3-none-any.whl, made-2.0.tgz/,
  },
  {
    what: 'neither pip nor uv',
    programs: { 'g++': VERSION, npm: `${VERSION}; exec copy-archives tgz` },
    message: /there is no pip and no uv here to download wheels; install one, or bring made-2.0/,
  },
  {
    what: 'an npm without network',
    programs: {
      'g++': VERSION,
      npm: `${VERSION}; echo "npm error code ENOTFOUND" >&2; echo "npm error network request to x failed" >&2; echo "npm error A complete log of this run" >&2; exit 1`,
    },
    message: /npm failed \(npm error network request to x failed\); check the network, or bring/,
  },
  {
    what: 'a pip without network',
    programs: {
      'g++': VERSION,
      npm: `${VERSION}; exec copy-archives tgz`,
      uv: `${VERSION}; echo "WARNING: Retrying after connection broken by 'X: [Errno -3] Temporary failure in name resolution')'" >&2; echo "ERROR: none" >&2; exit 1`,
    },
    message: /uv tool run pip failed \(no connection: Temporary failure in name resolution\)/,
  },
  {
    what: 'a pip that brings nothing',
    programs: { 'g++': VERSION, npm: `${VERSION}; exec copy-archives tgz`, pip: `${VERSION}; exit 0` },
    message: /made-2.0-py3-none-any.whl is not there or cannot be read/,
  },
  {
    what: 'a pip that brings another wheel',
    harm: (from) => flip(join(from, WHEEL)),
    programs: {
      'g++': VERSION,
      npm: `${VERSION}; exec copy-archives tgz`,
      pip3: `${VERSION}; exec copy-archives whl`,
    },
    message: /made-2.0-py3-none-any.whl is damaged or another file/,
  },
]

describe.skipIf(!hasCompiler)(
  `what goes wrong is one line, the old part stays, and nothing of the new one${told}`,
  () => {
    for (const { what, wishes, harm, programs, env, message } of FAULTS)
      it(what, async () => {
        await install()
        const before = filesBelow(join(place, 'cache'))
        const { part, archives } = madePart({ version: '2.0', ...wishes })
        const from = putArchives(join(place, 'from'), archives)
        harm?.(from)
        const bin = join(place, 'bin')
        for (const [name, lines] of Object.entries(programs ?? {})) writeProgram(bin, name, lines)
        writeProgram(bin, 'copy-archives', `/bin/cp ${from}/*.$1 ${copyTarget(place)}`)
        if (programs !== undefined) vi.stubEnv('PATH', bin)
        for (const [name, value] of Object.entries(env ?? {})) vi.stubEnv(name, value)
        const failed = installPart(part, programs === undefined ? { from } : {}).catch(
          (error: unknown) => error,
        )
        const error = await failed
        expect(error).toBeInstanceOf(RoentgenError)
        const { message: said } = error as RoentgenError
        expect(said).toMatch(/^ROE_NATIVE: native part made: [^\n]+$/)
        expect(said).toMatch(message)
        expect(filesBelow(join(place, 'cache'))).toEqual(before)
        expect(here()).toEqual([OLD])
        expect(await findPart(part)).toMatchObject({ version: OLD })
      })
  },
)

const mount = (at: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.skipIf(!hasCompiler)(`a disk that is full${told}`, () => {
  it('is one line, the old part stays, and nothing of the new one (root, on Linux)', async ({ skip }) => {
    const cache = join(place, 'cache')
    mkdirSync(cache)
    if (!mount(cache)) skip('only root may mount a small disk')
    try {
      await install()
      const before = filesBelow(cache)
      const wheel = { 'made/include/large.h': randomBytes(2 << 20).toString('hex') }
      await expect(install({ version: '2.0', wheel })).rejects.toThrow(
        /^ROE_WRITE: [^\n]*made: ENOSPC: no space left on device, write; check that [^\n]* has space$/,
      )
      expect(filesBelow(cache)).toEqual(before)
      expect(here()).toEqual([OLD])
    } finally {
      execFileSync('umount', [cache])
    }
  })
})

/** Where a download goes: the one folder that is being made. */
const copyTarget = (at: string): string => `${at}/cache/native/made/.making-*/archives`
