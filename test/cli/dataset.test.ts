/** `roentgen dataset` as a user runs it: made up, looked at, divided, built; what cannot be is said in one line. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodePng } from '../../src/image/encode.ts'
import { folderOf } from '../data/files.ts'
import { roentgen } from './run.ts'

const PNG = await encodePng({ width: 2, height: 2, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4) })

describe('roentgen dataset', () => {
  it('refuses a picture that no PNG can be, and writes none', async () => {
    const files = Object.fromEntries(Array.from({ length: 1100 }, (_, i) => [`a/${i}.png`, PNG]))
    const folder = folderOf({ ...files, 'b/1.png': PNG })
    const grid = join(folder, 'grid.png')
    const { status, stderr } = await roentgen([
      ...['dataset', 'inspect', folder, '--grid', grid, '--per-class', '1100'],
    ])
    expect(stderr).toMatch(/ROE_OPTION: --grid: expected fewer films a class, or a name that ends in .svg/)
    expect([status, existsSync(grid)]).toEqual([2, false])
  })

  it('makes a set up, shows it and divides it', async () => {
    const root = folderOf({})
    const [films, parts, grid] = [join(root, 'films'), join(root, 'parts'), join(root, 'grid.svg')]
    const made = await roentgen(['dataset', 'synth', '-o', films, '--films', '10', '--size', '48'])
    expect(made).toMatchObject({
      status: 0,
      stdout: `20 films in ${films}, 10 of each class; all are made up\n`,
    })
    const shown = await roentgen(['dataset', 'inspect', films, '--grid', grid, '--per-class', '3'])
    expect(shown.status).toBe(0)
    expect(shown.stdout).toMatch(/^films +10 +10$/m)
    expect(readFileSync(grid, 'utf8').match(/<image /g)).toHaveLength(6)
    const split = await roentgen(['dataset', 'split', join(films, 'manifest.csv'), '-o', parts, '--json'])
    expect(split.stderr).toContain('patients: 20, known of 20 of 20 films; each is in one part\n')
    expect(JSON.parse(split.stdout).parts).toEqual({
      train: { normal: 8, opacity: 8 },
      test: { normal: 2, opacity: 2 },
    })
    const itself = join(films, 'manifest.csv')
    const before = readFileSync(itself, 'utf8')
    const over = await roentgen(['dataset', 'split', itself, '-o', itself])
    expect(over.stderr).toContain('ROE_OPTION: -o: expected another file than DATA, received ')
    expect([over.status, readFileSync(itself, 'utf8')]).toEqual([2, before])
    const again = await roentgen(['dataset', 'split', films, '-o', parts])
    expect(again).toMatchObject({ status: 2, stdout: '' })
    expect(again.stderr).toMatch(/^ROE_OPTION: -o: expected a folder that is not there yet, or is empty, /)
  })

  it('builds a set, and ends with 3 where films cannot be read', async () => {
    const root = folderOf({
      'metadata.csv': 'filename,finding,view,modality\na.png,COVID-19,PA,X-ray\nb.png,COVID-19,PA,X-ray\n',
      'images/a.png': PNG,
      'images/b.png': 'no film',
      'normal/c.png': PNG,
    })
    const out = join(root, 'set')
    const args = ['--metadata', join(root, 'metadata.csv'), '--films', join(root, 'images')]
    const build = (...more: string[]) =>
      roentgen([
        'dataset',
        'build',
        '--set',
        'rosebrock',
        ...args,
        '--normal',
        join(root, 'normal'),
        '-o',
        out,
        ...more,
      ])
    const refused = await build('--count', 'flu=3')
    expect(refused).toMatchObject({ status: 2, stdout: '' })
    expect(refused.stderr).toBe(
      'ROE_OPTION: --count: expected counts of the classes covid, normal, such as covid=25, received flu=3; see --help\n',
    )
    const links = await build('--path-as', 'hash', '--path-key', join(root, 'metadata.csv'))
    expect(links.stderr).toBe(
      'ROE_OPTION: --path-as hash: expected --copy with it, since links tell where they lead, received links; see --help\n',
    )
    expect(existsSync(out)).toBe(false)
    const built = await build()
    expect(built.status).toBe(3)
    expect(built.stdout).toContain('covid: 1 films of 2 looked at, patients not known; the text has 25\n')
    expect(built.stdout).toContain('       1 cannot be read\n')
  })
})
