import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateScores } from '../../src/evaluate/evaluate.ts'
import { evaluationText } from '../../src/evaluate/text.ts'
import { filmsOf, inputOf, ROSEBROCK, VGG16 } from './films.ts'

const codes = (input: Parameters<typeof evaluateScores>[0]): string[] =>
  evaluateScores(input).warnings.map(({ code }) => code)

test('the two classes of S4.5: accuracy 0.9000, sensitivity 1.0000, specificity 0.8000 on 10 films', () => {
  const text = evaluationText(evaluateScores(inputOf(ROSEBROCK)))
  expect(text).toMatch(/^acc: 0\.9000 /m)
  expect(text).toMatch(/^sensitivity: 1\.0000 /m)
  expect(text).toMatch(/^specificity: 0\.8000 /m)
  expect(text).toMatch(/^positive class: covid$/m)
})

test('three classes have sensitivity and specificity each, against the rest', () => {
  const { positive, all } = evaluateScores(inputOf(VGG16))
  expect(positive).toBeNull()
  expect(
    all.classes.map(({ sensitivity, specificityOf }) => [sensitivity.count, specificityOf.count]),
  ).toEqual([
    [21, 38],
    [18, 36],
    [14, 41],
  ])
})

test('a positive class may be named, and must be one of the labels', () => {
  const named = evaluateScores(inputOf(VGG16, { positive: 'pneumonia' }))
  expect(named.positive).toBe('pneumonia')
  expect(evaluationText(named)).toMatch(/^sensitivity: 0\.7000 .*\nspecificity: 0\.9762 /m)
  expect(() => evaluateScores(inputOf(VGG16, { positive: 'flu' }))).toThrow(
    /ROE_OPTION: --positive: expected covid or normal or pneumonia, received flu/,
  )
})

test('a label that the model does not know is an error that names it', () => {
  const rows = [...filmsOf(ROSEBROCK.labels, ROSEBROCK.matrix)].map((film, i) =>
    i === 3 ? { ...film, actual: 'flu' } : film,
  )
  expect(() => evaluateScores(inputOf(ROSEBROCK, { rows }))).toThrow(/ROE_LABELS_DIFFER: l\.csv: labels flu /)
})

test('no film with a label and a score is an error, not an empty report', () => {
  expect(() => evaluateScores(inputOf(ROSEBROCK, { rows: [] }))).toThrow(
    /ROE_EVALUATION: l\.csv: no film has both/,
  )
  const failed = [{ path: 'a.png', actual: 'covid', code: 'ROE_FILM_EMPTY', reason: 'the file is empty' }]
  expect(() => evaluateScores(inputOf(ROSEBROCK, { rows: [], failed }))).toThrow(
    /all 1 films failed, the first, a\.png, because the file is empty/,
  )
})

describe('films that are copies of training films', () => {
  const input = inputOf(VGG16)
  const copied = input.rows.filter(({ actual }) => actual === 'covid').slice(0, 8)
  const copies = new Map(copied.map(({ path }, i) => [path, [`train/${i}.png`]]))
  const evaluation = evaluateScores({ ...input, copies })

  test('all films come first, and every figure comes again without them', () => {
    expect(evaluation.all.films).toBe(62)
    expect(evaluation.withoutCopies?.films).toBe(54)
    expect(evaluation.withoutCopies?.matrix[0]).toEqual([13, 0, 0])
    const rest = input.rows.filter((film) => !copied.includes(film))
    expect(evaluation.withoutCopies).toEqual(evaluateScores({ ...input, rows: rest }).all)
  })

  test('they are named, and warned of', () => {
    expect(evaluation.copies.map(({ path }) => path)).toEqual(copied.map(({ path }) => path))
    expect(evaluation.warnings.find(({ code }) => code === 'copies')?.text).toMatch(/^8 of 62 test films/)
    const text = evaluationText(evaluation)
    for (const { path } of copied) expect(text).toContain(path)
    expect(text.indexOf('All 62 films')).toBeLessThan(text.indexOf('The 54 films without a copy'))
  })

  test('nothing else is left where all are copies, and the report says so', () => {
    const all = new Map(input.rows.map(({ path }) => [path, ['train/x.png']]))
    const { withoutCopies, warnings } = evaluateScores({ ...input, copies: all })
    expect(withoutCopies).toBeNull()
    expect(warnings.find(({ code }) => code === 'copies')?.text).toContain('no film is left')
  })
})

describe('warnings', () => {
  test('large classes of known patients leave the two that always stand', () => {
    const many = {
      labels: ['covid', 'normal'],
      matrix: [
        [20, 1],
        [2, 30],
      ],
    }
    const rows = filmsOf(many.labels, many.matrix).map((film, i) => ({ ...film, patient: `p${i}` }))
    expect(codes(inputOf(many, { rows }))).toEqual(['borders', 'research-only'])
  })
  test('few films, a class without films, a class never called, no patients, unknown training films', () => {
    const odd = {
      labels: ['a', 'b', 'c'],
      matrix: [
        [9, 1, 0],
        [3, 1, 0],
        [0, 0, 0],
      ],
    }
    expect(codes(inputOf(odd, { copies: null }))).toEqual([
      'copies-unknown',
      'class-absent',
      'never-predicted',
      'few-films',
      'no-patients',
      'borders',
      'research-only',
    ])
  })
  test('patients of some films only', () => {
    const rows = filmsOf(VGG16.labels, VGG16.matrix).map((film, i) => ({
      ...film,
      patient: i > 3 ? `p${i}` : null,
    }))
    const { warnings, patients } = evaluateScores(inputOf(VGG16, { rows }))
    expect(patients).toBe(58)
    expect(warnings.find(({ code }) => code === 'some-patients')?.text).toMatch(/^4 films without a patient/)
  })
})

test('failed and unmatched films are counted, named, and in no figure', () => {
  const failed = [
    { path: 'test/x\n.png', actual: 'covid', code: 'ROE_FILM_EMPTY', reason: 'the file is empty' },
  ]
  const unmatched = { withoutScore: ['test/lost.png'], withoutLabel: ['test/extra.png'] }
  const evaluation = evaluateScores(inputOf(ROSEBROCK, { failed, unmatched }))
  expect(evaluation.all.films).toBe(10)
  const text = evaluationText(evaluation)
  expect(text).toContain('10 in the figures, 1 failed')
  expect(text).toContain('  test/x .png: ROE_FILM_EMPTY: the file is empty')
  expect(text).toContain('test/lost.png')
  expect(text).toContain('test/extra.png')
  expect(codes(inputOf(ROSEBROCK, { failed, unmatched })).slice(0, 3)).toEqual([
    'films-failed',
    'unmatched',
    'unmatched',
  ])
})

test('an area needs the probabilities of all films', () => {
  const rows = filmsOf(VGG16.labels, VGG16.matrix).map((film, i) => ({
    ...film,
    probabilities: i === 7 ? null : film.probabilities,
  }))
  const { all } = evaluateScores(inputOf(VGG16, { rows }))
  expect(all.macroAuc).toBeNull()
  expect(all.classes.map(({ auc }) => auc)).toEqual([null, null, null])
})

test('the figures of any matrix agree with themselves', () => {
  const matrix = fc.array(fc.array(fc.nat(6), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(matrix, (counts) => {
      const input = inputOf({ labels: ['a', 'b', 'c'], matrix: counts })
      fc.pre(input.rows.length > 0)
      const { all } = evaluateScores(input)
      expect(all.matrix).toEqual(counts)
      expect(all.classes.reduce((n, { support }) => n + support, 0)).toBe(all.films)
      for (const { sensitivity, specificityOf, recall, specificity, counts } of all.classes) {
        expect(sensitivity.value).toBe(recall)
        expect(specificityOf.value).toBe(specificity)
        expect(Object.values(counts).reduce((a, b) => a + b, 0)).toBe(all.films)
      }
      expect(JSON.stringify(evaluateScores(input))).not.toMatch(/NaN|Infinity/)
      expect(JSON.parse(JSON.stringify(all))).toEqual(all)
    }),
  )
})

test('the text of the published three-class confusion (S0.5, S0.6)', () => {
  expect(evaluationText(evaluateScores(inputOf(VGG16)))).toMatchInlineSnapshot(`
    "scores    s.csv
    data      l.csv
    films     62 in the figures, 0 failed
    patients  not known

    All 62 films
    ============

                  precision    recall  f1-score   support

           covid       0.88      1.00      0.93        21
          normal       0.78      0.86      0.82        21
       pneumonia       0.93      0.70      0.80        20

        accuracy                           0.85        62
       macro avg       0.86      0.85      0.85        62
    weighted avg       0.86      0.85      0.85        62

    confusion matrix (rows actual, columns predicted)
               covid  normal  pneumonia
        covid     21       0          0
       normal      2      18          1
    pneumonia      1       5         14

    acc: 0.8548  (53 of 62; 95 % interval 0.7466 to 0.9217)

    each class against the rest
    covid      sensitivity: 1.0000  (21 of 21; 95 % interval 0.8454 to 1.0000)
               specificity: 0.9268  (38 of 41; 95 % interval 0.8057 to 0.9748)
               AUC: 0.9634  (95 % interval 0.9231 to 1.0000)
    normal     sensitivity: 0.8571  (18 of 21; 95 % interval 0.6536 to 0.9502)
               specificity: 0.8780  (36 of 41; 95 % interval 0.7446 to 0.9468)
               AUC: 0.8676  (95 % interval 0.7757 to 0.9595)
    pneumonia  sensitivity: 0.7000  (14 of 20; 95 % interval 0.4810 to 0.8545)
               specificity: 0.9762  (41 of 42; 95 % interval 0.8768 to 0.9958)
               AUC: 0.8381  (95 % interval 0.7325 to 0.9437)

    A false negative is a film of a class that is called something else; where the class is a finding, someone who has it would go untreated, and could infect others.
    A false positive is a film of something else that is called a class; where the class is a finding, someone would be treated, isolated or examined for what they do not have.

    Keep in mind
    - Nothing says which films are of one patient, so the intervals take all films as independent and are too narrow if some are not; give a CSV with a patient column.
    - On public sets the border of a film alone, no lung in it, has told such classes apart at about 0.85: part of any accuracy on them may be that.
    - Research use only, not for diagnosis.
    "
  `)
})
