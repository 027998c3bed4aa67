import { expect, test } from 'vitest'
import { type LabelledFilm, trainingPart } from '../../src/data/labelled.ts'

const film = (name: string, patient: string | null, split: string | null): LabelledFilm => ({
  path: `${name}.png`,
  label: name.slice(0, 1),
  patient,
  split,
})
const setOf = (films: LabelledFilm[]) => ({
  films,
  labels: ['a', 'b'],
  beside: [],
  notes: ['read as Latin-1'],
})

test('films whose split is test are left out of training, and told; so are the patients', () => {
  const films = [
    film('a1', 'p1', 'train'),
    film('a2', 'p1', null),
    film('b1', null, 'Test'),
    film('b2', 'p2', 'validation'),
  ]
  const part = trainingPart(setOf(films))
  expect(part.films.map(({ path }) => path)).toEqual(['a1.png', 'a2.png', 'b2.png'])
  expect(part.notes).toEqual([
    'read as Latin-1',
    'left out, for their split is test: 1 films',
    'the split of 1 films is val: what validates is drawn anew, so they are trained on, too',
    'patients: 2, known of 3 of 3 films',
  ])
})

test('unknown patients are told', () => {
  const { notes } = trainingPart(setOf([film('a1', null, null), film('b1', null, null)]))
  expect(notes).toContain('patients: not known; films of one patient may stand on both sides of the split')
})
