import { expect, test } from 'vitest'
import { csvRow } from '../../src/data/csv.ts'
import { readScores } from '../../src/data/scores.ts'
import { folderOf, messageOf } from './files.ts'

const CSV = [
  csvRow(['path', 'status', 'label', 'p_Covid', 'p_Viral Pneumonia', 'extra']),
  csvRow(['-a,1.png', 'ok', 'Covid', 0.75, 0.25, 'x']),
  csvRow(['b.png', 'failed', null, null, null, null]),
  csvRow(['c.png', 'skipped', null, null, null, null]),
  csvRow(['d.png', 'ok', 'Viral Pneumonia', 0, 1, null]),
].join('')

const JSONL = `{"path":"b.png","status":"failed"}
{"path":"-a,1.png","status":"ok","label":"Covid","p_Covid":0.75,"p_Viral Pneumonia":0.25,"extra":[1]}

{"path":"c.png","status":"skipped","label":null,"p_Covid":null,"p_Viral Pneumonia":null}
{"path":"d.png","status":"ok","label":"Viral Pneumonia","p_Covid":0,"p_Viral Pneumonia":1}
`

test('scores read back from CSV and from JSON lines alike', async () => {
  const folder = folderOf({ 's.csv': CSV, 's.jsonl': JSONL })
  const [a, b, c, d] = [
    { path: '-a,1.png', status: 'ok', label: 'Covid', probabilities: [0.75, 0.25], above: null },
    { path: 'b.png', status: 'failed', label: null, probabilities: null, above: null },
    { path: 'c.png', status: 'skipped', label: null, probabilities: null, above: null },
    { path: 'd.png', status: 'ok', label: 'Viral Pneumonia', probabilities: [0, 1], above: null },
  ]
  const labels = ['Covid', 'Viral Pneumonia']
  const facts = { labels, isOfFindings: false, notes: [] }
  expect(await readScores(`${folder}/s.csv`)).toEqual({ ...facts, rows: [a, b, c, d] })
  expect(await readScores(`${folder}/s.jsonl`)).toEqual({ ...facts, rows: [b, a, c, d] })
})

const HEADER = 'path,status,label,p_a,p_b\n'
const BROKEN: [name: string, file: string, content: string, message: string][] = [
  [
    'an unknown status',
    's.csv',
    `${HEADER}1,done,a,1,0\n`,
    ', line 2: the status must be one of ok, failed, skipped; it is done',
  ],
  [
    'no status',
    's.csv',
    `${HEADER}1,,a,1,0\n`,
    ', line 2: the status must be one of ok, failed, skipped; it is null',
  ],
  ['no path', 's.csv', `${HEADER},ok,a,1,0\n`, ', line 2: the path is empty or no text'],
  ['another label', 's.csv', `${HEADER}1,ok,c,1,0\n`, ", line 2: there is no column p_c for the label 'c'"],
  [
    'no probability',
    's.csv',
    `${HEADER}1,ok,a,1,\n`,
    ', line 2: p_b must be a number from 0 to 1; it is null',
  ],
  [
    'a probability above 1',
    's.csv',
    `${HEADER}1,ok,a,1.5,0\n`,
    ', line 2: p_a must be a number from 0 to 1; it is 1.5',
  ],
  [
    'words for a probability',
    's.csv',
    `${HEADER}1,ok,a,high,0\n`,
    ', line 2: p_a must be a number from 0 to 1; it is NaN',
  ],
  [
    'no probabilities',
    's.csv',
    'path,status,label\n1,ok,a\n',
    ', line 1: there is no column p_<label>; give the file that roentgen score wrote',
  ],
  [
    'a film twice',
    's.csv',
    `${HEADER}1,ok,a,1,0\n1,ok,a,1,0\n`,
    ', line 3: the film 1 is already on line 2; keep one of the two',
  ],
  [
    'a column missing',
    's.csv',
    'path,label,p_a\n',
    ", line 1: it needs the column 'status' (in small letters); it has path, label, p_a",
  ],
  ['a broken line', 's.jsonl', '{"path":\n', ', line 1: the line is no JSON object'],
  ['a line that is a number', 's.jsonl', '1\n', ', line 1: the line is no JSON object'],
  [
    'text for a probability',
    's.jsonl',
    '{"path":"1","status":"ok","label":"a","p_a":"1"}\n',
    ', line 1: p_a must be a number from 0 to 1; it is 1',
  ],
  ['another ending', 's.txt', CSV, ': scores are read from .csv, .jsonl or .parquet files, by the extension'],
]
test.each(BROKEN)('%s is refused in words', async (_, file, content, message) => {
  const folder = folderOf({ [file]: content })
  expect(await messageOf(readScores(`${folder}/${file}`), folder)).toBe(
    `ROE_MANIFEST: FOLDER/${file}${message}; see "manifest" in the README`,
  )
})

test.each(['none.csv', 'none.jsonl'])('%s that does not exist is named', async (file) => {
  const folder = folderOf({})
  expect(await messageOf(readScores(`${folder}/${file}`), folder)).toBe(
    `ROE_NOT_FOUND: FOLDER/${file}: there is no such file; check the path`,
  )
})
