import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type InputOptions, type Inputs, openInputs } from '../../../src/data/inputs/inputs.ts'
import { folderOf, messageOf } from '../files.ts'

async function namesOf(inputs: Inputs): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of inputs.films()) names.push(name)
  return names
}

/** Names of the films, without the temporary folder. */
async function listed(folder: string, words: readonly string[], options: InputOptions = {}) {
  const inputs = await openInputs(
    words.map((word) => `${folder}/${word}`),
    options,
  )
  const names = await namesOf(inputs)
  return names.map((name) => name.replace(`${folder}/`, ''))
}

async function* pieces(...texts: (string | Uint8Array)[]) {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text
}

describe('folders, patterns and films', () => {
  const FILES = {
    'a/1.png': '',
    'a/b/2.png': '',
    'a/b/3.jpg': '',
    'a/.hidden/4.png': '',
    'a/.5.png': '',
    'c/6.png': '',
    'c/[7].png': '',
  }
  const CASES: [name: string, words: string[], options: InputOptions, films: string[]][] = [
    ['a folder', ['a'], {}, ['a/1.png', 'a/b/2.png', 'a/b/3.jpg']],
    ['a folder as it was written', ['c/../a/b/'], {}, ['c/../a/b/2.png', 'c/../a/b/3.jpg']],
    [
      'what is hidden',
      ['a'],
      { hidden: true },
      ['a/.5.png', 'a/.hidden/4.png', 'a/1.png', 'a/b/2.png', 'a/b/3.jpg'],
    ],
    ['folders in their order', ['c', 'a/b'], {}, ['c/6.png', 'c/[7].png', 'a/b/2.png', 'a/b/3.jpg']],
    ['a pattern', ['a/**/*.png'], {}, ['a/1.png', 'a/b/2.png']],
    ['a pattern of one level', ['*/*.png'], {}, ['a/1.png', 'c/6.png', 'c/[7].png']],
    ['a pattern with braces around a slash', ['{a/b,c}/?.*'], {}, ['a/b/2.png', 'a/b/3.jpg', 'c/6.png']],
    ['a pattern of folders lists none', ['*'], {}, []],
    ['a pattern for hidden ones', ['a/.*'], {}, ['a/.5.png']],
    [
      'a pattern with --hidden',
      ['a/**/*.png'],
      { hidden: true },
      ['a/.5.png', 'a/.hidden/4.png', 'a/1.png', 'a/b/2.png'],
    ],
    ['a film whose name looks like a pattern', ['c/[7].png'], {}, ['c/[7].png']],
    [
      'films and folders mixed',
      ['c/6.png', 'a/b', 'a/1.png'],
      {},
      ['c/6.png', 'a/b/2.png', 'a/b/3.jpg', 'a/1.png'],
    ],
  ]
  for (const [name, words, options, films] of CASES)
    it(name, async () => {
      const folder = folderOf(FILES)
      if (films.length > 0) expect(await listed(folder, words, options)).toEqual(films)
      else
        expect(await messageOf(openInputs(words.map((word) => `${folder}/${word}`)), folder)).toMatch(
          /^ROE_NO_FILMS/,
        )
    })

  const REPEATED: [name: string, words: string[], films: string[], repeated: number][] = [
    ['a folder and one below it', ['a', 'a/b'], ['a/1.png', 'a/b/2.png', 'a/b/3.jpg'], 2],
    ['a folder and the one above it', ['a/b', 'a'], ['a/b/2.png', 'a/b/3.jpg', 'a/1.png'], 2],
    ['a folder under two names', ['c', 'link'], ['c/6.png', 'c/[7].png'], 2],
    ['two patterns that meet', ['a/**/*.png', 'a/b/*'], ['a/1.png', 'a/b/2.png', 'a/b/3.jpg'], 1],
    ['a film of the folder', ['c', 'link/6.png'], ['c/6.png', 'c/[7].png'], 1],
    ['a folder with the film', ['link/6.png', 'c'], ['link/6.png', 'c/[7].png'], 1],
    ['a film twice', ['c/6.png', 'a/../c/6.png'], ['c/6.png'], 0],
    [
      'hidden below a folder is not listed by it',
      ['a', 'a/.hidden'],
      ['a/1.png', 'a/b/2.png', 'a/b/3.jpg', 'a/.hidden/4.png'],
      0,
    ],
  ]
  for (const [name, words, films, repeated] of REPEATED)
    it(`no film is scored twice: ${name}`, async () => {
      const folder = folderOf(FILES)
      symlinkSync('c', join(folder, 'link'))
      const inputs = await openInputs(words.map((word) => `${folder}/${word}`))
      expect((await namesOf(inputs)).map((film) => film.replace(`${folder}/`, ''))).toEqual(films)
      expect(inputs.notes()).toEqual(
        repeated === 0 ? [] : [`${repeated} films are reached by two of the inputs; each is scored once`],
      )
    })

  it('one of several folders may be empty, and is named', async () => {
    const folder = folderOf(FILES)
    mkdirSync(join(folder, 'empty'))
    const inputs = await openInputs([`${folder}/empty`, `${folder}/c`])
    expect(await namesOf(inputs)).toHaveLength(2)
    expect(inputs.notes()).toEqual([`the folder ${folder}/empty: there are no films in it`])
  })

  it.each(['hash', 'index'] as const)('with --path-as %s no message holds a path', async (pathAs) => {
    const folder = folderOf(FILES)
    mkdirSync(join(folder, 'empty'))
    const options = { pathAs, key: Buffer.from('a key for the test') }
    const inputs = await openInputs([`${folder}/empty`, `${folder}/c`, `${folder}/a`], options)
    await namesOf(inputs)
    expect(inputs.notes()).toEqual(['input 1 of 3: there are no films in it'])
    expect(await messageOf(openInputs([`${folder}/empty`], options))).toMatch(/^ROE_NO_FILMS: input 1 of 1: /)
    const streamed = await openInputs([], { ...options, filesFrom: '-', stdin: pieces('') })
    expect(await messageOf(namesOf(streamed))).toMatch(/^ROE_NO_FILMS: input 1 of 1: /)
  })

  const WRONG: [name: string, words: string[], options: InputOptions, message: RegExp][] = [
    ['nothing', [], {}, /^ROE_USAGE: .*one of the three/],
    ['a folder and a list', ['a'], { filesFrom: '-' }, /^ROE_USAGE: .*one of the three/],
    ['two lists', [], { filesFrom: '-', manifest: 'x.csv' }, /^ROE_USAGE: .*one of the three/],
    ['a missing folder', ['x'], {}, /^ROE_NOT_FOUND: FOLDER\/x: there is no such file or folder/],
    ['a missing folder beside one', ['a', 'x'], {}, /^ROE_NOT_FOUND: FOLDER\/x/],
    ['a pattern in a missing folder', ['x/*.png'], {}, /^ROE_NOT_FOUND: FOLDER\/x: there is no such folder/],
    ['a pattern that nothing matches', ['a/*.tif'], {}, /^ROE_NO_FILMS: the pattern FOLDER\/a\/\*\.tif: /],
    ['a missing list', [], { filesFrom: '/none.txt' }, /^ROE_NOT_FOUND: \/none\.txt: there is no such file/],
    [
      'a missing manifest',
      [],
      { manifest: '/none.csv' },
      /^ROE_NOT_FOUND: \/none\.csv: there is no such file/,
    ],
    [
      'names by a hash without a key',
      ['a'],
      { pathAs: 'hash' },
      /^ROE_OPTION: --path-as hash: expected a key/,
    ],
  ]
  for (const [name, words, options, message] of WRONG)
    it(`refuses ${name}`, async () => {
      const folder = folderOf(FILES)
      const paths = words.map((word) => `${folder}/${word}`)
      expect(await messageOf(openInputs(paths, options).then(namesOf), folder)).toMatch(message)
    })

  it('leaves out what the run itself writes', async () => {
    const folder = folderOf({ 'a.png': '', 'scores.csv': '' })
    symlinkSync('.', join(folder, 'link'))
    const leaveOut = (real: string) => real.endsWith('/scores.csv')
    expect(await listed(folder, ['.'], { leaveOut })).toEqual(['./a.png', './link'])
  })

  it('a folder below that cannot be opened is an input of its own, with the reason', async () => {
    const folder = folderOf({ 'a/1.png': '', 'b/2.png': '', 'c/3.png': '' })
    const found: unknown[] = []
    for await (const input of (await openInputs([folder])).films()) {
      found.push([relative(folder, input.path), input.problem?.split(':')[0] ?? null])
      rmSync(join(folder, 'b'), { recursive: true, force: true })
    }
    expect(found).toEqual([
      ['a/1.png', null],
      ['b', 'ENOENT'],
      ['c/3.png', null],
    ])
  })
})

describe('lists', () => {
  const LINES: [name: string, content: (string | Uint8Array)[], nul: boolean, films: string[]][] = [
    ['a path a line', ['a.png\nb c.png\n'], false, ['a.png', 'b c.png']],
    ['without a last line break', ['a.png\nb.png'], false, ['a.png', 'b.png']],
    ['of Windows, with a mark', ['\ufeffa.png\r\nb.png\r\n'], false, ['a.png', 'b.png']],
    ['with empty lines', ['\n\na.png\n\n\nb.png\n\n'], false, ['a.png', 'b.png']],
    ['cut anywhere', ['a.p', 'ng\nRö'.slice(0, 4), '\xc3', 'b.png\n'], false, ['a.png', 'R\xc3b.png']],
    ['divided by NULs', ['a\nb.png\0c.png\0'], true, ['a\nb.png', 'c.png']],
    ['whose paths are no UTF-8', [Buffer.from('R\xf6.png\n', 'latin1')], false, ['R\\xF6.png']],
  ]
  for (const [name, content, nul, films] of LINES)
    it(`on standard input: ${name}`, async () => {
      const inputs = await openInputs([], { filesFrom: '-', nul, stdin: pieces(...content) })
      expect(await inputs.count()).toBeNull()
      expect(await namesOf(inputs)).toEqual(films)
      expect(inputs.survey()?.films).toBe(films.length)
    })

  const REFUSED: [name: string, content: (string | Uint8Array)[], message: RegExp][] = [
    ['nothing', [''], /^ROE_NO_FILMS: the list on standard input: /],
    [
      'UTF-16',
      [Buffer.from('\ufeffa.png\n', 'utf16le')],
      /^ROE_MANIFEST: standard input, line 1: the list is UTF-16/,
    ],
    ['NULs without -0', ['a.png\0b.png\0\n'], /^ROE_MANIFEST: standard input, line 1: .*give -0/],
    [
      'no list',
      Array(40).fill('x'.repeat(4096)),
      /^ROE_MANIFEST: standard input, line 1: the line is too long/,
    ],
  ]
  for (const [name, content, message] of REFUSED)
    it(`refuses ${name}`, async () => {
      expect(
        await messageOf(openInputs([], { filesFrom: '-', stdin: pieces(...content) }).then(namesOf)),
      ).toMatch(message)
    })

  it('from a file, counted first', async () => {
    const folder = folderOf({ 'list.txt': 'b.png\na.png\nb.png\n' })
    const inputs = await openInputs([], { filesFrom: join(folder, 'list.txt') })
    expect(await inputs.count()).toMatchObject({ films: 3, listed: 3 })
    expect(await namesOf(inputs)).toEqual(['b.png', 'a.png', 'b.png'])
  })

  it.skipIf(process.platform === 'win32')('from a pipe with a name, read once', async () => {
    const folder = folderOf({})
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe')])
    const inputs = await openInputs([], { filesFrom: join(folder, 'pipe') })
    expect(await inputs.count()).toBeNull()
    const names = namesOf(inputs)
    spawn('sh', ['-c', 'echo a.png > "$0"', join(folder, 'pipe')])
    expect(await names).toEqual(['a.png'])
  })

  it('from a manifest, relative to its folder', async () => {
    const folder = folderOf({
      'set/films.csv': 'label,path\nx,a.png\ny,deep/b.png\nz,/abs/./c.png\nw,../d.png\n',
    })
    const manifest = join(folder, 'set/films.csv')
    expect(await namesOf(await openInputs([], { manifest }))).toEqual([
      `${folder}/set/a.png`,
      `${folder}/set/deep/b.png`,
      '/abs/c.png',
      `${folder}/d.png`,
    ])
    expect((await namesOf(await openInputs([], { manifest, pathAs: 'relative' }))).slice(0, 2)).toEqual([
      'a.png',
      'deep/b.png',
    ])
  })

  it('a manifest without paths is refused with its line', async () => {
    const folder = folderOf({ 'a.csv': 'film\nx\n', 'b.csv': 'path,label\na.png,x\n,y\n' })
    const message = (name: string) =>
      messageOf(openInputs([], { manifest: join(folder, name) }).then(namesOf), folder)
    expect(await message('a.csv')).toMatch(
      /^ROE_MANIFEST: FOLDER\/a\.csv, line 1: it needs the column 'path'/,
    )
    expect(await message('b.csv')).toMatch(/^ROE_MANIFEST: FOLDER\/b\.csv, line 3: the path is empty/)
  })
})

describe('names and shards', () => {
  const FILES = { 'a/1.png': '', 'a/2.png': '', 'b/1.png': '' }
  const key = Buffer.from('0123456789abcdef')

  it('relative: to the one folder, or to where the command was started', async () => {
    const folder = folderOf(FILES)
    const name = (words: string[]) =>
      openInputs(
        words.map((word) => `${folder}/${word}`),
        { pathAs: 'relative' },
      ).then(namesOf)
    expect(await name(['.'])).toEqual(['a/1.png', 'a/2.png', 'b/1.png'])
    expect(await name(['*/1.png'])).toEqual(['a/1.png', 'b/1.png'])
    expect(await name(['a', 'b'])).toEqual(
      ['a/1.png', 'a/2.png', 'b/1.png'].map((path) => relative(process.cwd(), join(folder, path))),
    )
  })

  it('hash: of the relative path, the same wherever the folder lies, another with another key', async () => {
    const [here, there] = [folderOf(FILES), folderOf(FILES)]
    const hashes = async (folder: string, key: Buffer) =>
      namesOf(await openInputs([folder], { pathAs: 'hash', key }))
    const first = await hashes(here, key)
    expect(await hashes(there, key)).toEqual(first)
    expect(first.every((hash) => /^[0-9a-f]{32}$/.test(hash))).toBe(true)
    // Made by: printf a/1.png | openssl dgst -sha256 -hmac 0123456789abcdef
    expect(first[0]).toBe('3f724c653fd73049c4e0892c836c00b0')
    const other = await hashes(here, Buffer.from('0123456789abcdeg'))
    expect(new Set([...first, ...other]).size).toBe(6)
  })

  it('shards share the films out, all see the same list, and names do not depend on them', async () => {
    const folder = folderOf(FILES)
    for (const pathAs of ['relative', 'index'] as const) {
      const whole = await openInputs([folder], { pathAs })
      const all = await namesOf(whole)
      const parts = [0, 1, 2, 3].map((index) => openInputs([folder], { pathAs, shard: { index, count: 4 } }))
      for (const [index, part] of parts.entries()) {
        const inputs = await part
        expect(await inputs.count()).toEqual({ ...whole.survey(), films: index < 3 ? 1 : 0 })
        expect(await namesOf(inputs)).toEqual(all.slice(index, index + 1))
      }
      expect(whole.survey()?.digest).toEqual(
        pathAs === 'index' ? null : expect.stringMatching(/^[0-9a-f]{64}$/),
      )
    }
  })

  it('what names count from has a print: two runs with the same print call one film alike', async () => {
    const folder = folderOf(FILES)
    symlinkSync('a', join(folder, 'link'))
    const root = async (words: string[], options: InputOptions) =>
      (
        await openInputs(
          words.map((word) => `${folder}/${word}`),
          options,
        )
      ).facts.root
    const [relative, hash] = [{ pathAs: 'relative' }, { pathAs: 'hash', key }] as const
    const a = await root(['a'], relative)
    expect(a).toMatch(/^[0-9a-f]{64}$/)
    expect([await root(['link'], relative), await root(['a/*.png'], relative)]).toEqual([a, a])
    const keyed = { pathAs: 'hash', key: Buffer.from('0123456789abcdeg') } as const
    const others = [
      await root(['b'], relative),
      await root(['a', 'b'], relative),
      await root(['a'], hash),
      await root(['b'], hash),
      await root(['a'], keyed),
    ]
    expect(new Set([a, ...others]).size).toBe(6)
    // The names tell all that there is to tell, or nothing.
    expect(await root(['a'], {})).toBe(await root(['b'], {}))
    expect(await root(['a'], { pathAs: 'index' })).toBeNull()
    const here = await openInputs(['test/data/inputs'])
    expect(here.facts.root).not.toBe(await root(['a'], {}))
  })

  it('another list has another digest', async () => {
    const folder = folderOf(FILES)
    const inputs = await openInputs([folder])
    const before = await inputs.count()
    writeFileSync(join(folder, 'b/2.png'), '')
    expect((await inputs.count())?.digest).not.toBe(before?.digest)
  })
})
