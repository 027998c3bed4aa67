/** `roentgen compare`, as a command. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderOf } from '../data/files.ts'
import { roentgen } from './run.ts'

const HEADER = 'path,status,label,p_a,p_b\n'
const A = `${HEADER}=1.png,ok,a,0.75,0.25\n2.png,ok,a,0.5,0.5\n3.png,ok,a,1,0\n`
const B = `${HEADER}=1.png,ok,a,0.625,0.375\n2.png,failed,,,\n3.png,ok,b,1,0\n`

it('tells how two tables differ, lists the films, and ends with 1', async () => {
  const folder = folderOf({ 'a.csv': A, 'b.csv': B })
  const [a, b, out] = ['a.csv', 'b.csv', 'differ.csv'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const ended = await roentgen(['compare', a, b, '-o', out])
  expect(ended.stdout).toMatchInlineSnapshot(`
    "films            3 and 3, 3 in both
    only in a        0
    only in b        0
    status differs   1
    label flips      1
    numbers differ   1, by more than 0
    others differ    0

    labels that flip, the first 1
    3.png  label  a and b

    differences by column
    p_a              mean 6.25e-2  max 1.25e-1  2 films
    p_b              mean 6.25e-2  max 1.25e-1  2 films

    largest differences
    1.25e-1  =1.png  p_a  0.75 and 0.625

    they differ
    "
  `)
  expect(ended).toMatchObject({ status: 1, stderr: '' })
  expect(readFileSync(out, 'utf8')).toMatchInlineSnapshot(`
    "path,differs,column,a,b,largest
    '=1.png,number,p_a,0.75,0.625,0.125
    2.png,status,status,ok,failed,
    3.png,label,label,a,b,0
    "
  `)
})

it('ends with 0 where they agree within the tolerance', async () => {
  const folder = folderOf({
    'a.csv': A,
    'b.csv': B.replace('2.png,failed,,,', '2.png,ok,a,0.5,0.5').replace('ok,b', 'ok,a'),
  })
  const files = [join(folder, 'a.csv'), join(folder, 'b.csv')]
  const ended = await roentgen(['compare', ...files, '--atol', '0.125', '--json'])
  expect(JSON.parse(ended.stdout)).toMatchObject({ alike: true, films: { both: 3 } })
  expect(ended.status).toBe(0)
})

it('names --by where no path is in both', async () => {
  const folder = folderOf({ 'a.csv': A, 'b.csv': A.replaceAll(/^(?=.*,(ok|failed))/gm, 'other/') })
  const files = [join(folder, 'a.csv'), join(folder, 'b.csv')]
  const [byPath, byName] = [
    await roentgen(['compare', ...files]),
    await roentgen(['compare', ...files, '--by', 'name']),
  ]
  expect([byPath.status, byName.status, byName.stderr]).toEqual([1, 0, ''])
  expect(byPath.stderr).toMatch(/^note: no path is in both tables; --by name [^\n]+\n$/)
})

it('refuses a tolerance that is none', async () => {
  const ended = await roentgen(['compare', 'a.csv', 'b.csv', '--atol', 'x'])
  expect(ended.stderr).toBe('ROE_OPTION: --atol: expected a number, received x; see --help\n')
  expect(ended.status).toBe(2)
})
