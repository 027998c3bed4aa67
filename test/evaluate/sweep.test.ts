import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { sweepTables } from '../../src/evaluate/sweep.ts'
import { SWEEP_FORMATS, sweepText } from '../../src/evaluate/sweep-text.ts'

const LABELS = ['covid', 'normal', 'pneumonia']

/** S1.1's films and, of the class against the rest, S1.5's counts; which of the others is which is made up. */
const paper = (name: string, tp: number, fp: number, tn: number, fn: number) => ({
  name,
  folds: [
    [
      [tp, fn, 0],
      [fp, 504 - fp, 0],
      [0, 0, tn - 504 + fp],
    ],
  ],
})

const tablesOf = (...contenders: { name: string; folds: readonly (readonly (readonly number[])[])[] }[]) =>
  sweepTables({ labels: LABELS, positive: 'covid', of: contenders[0]!.folds.length, contenders })

describe('the counts of Table 3 give the figures that they mean, not those that were printed beside them (S1.5)', () => {
  const { rows, chosen } = tablesOf(
    paper('vgg19', 208, 15, 1189, 16),
    paper('mobilenet', 222, 35, 1169, 2),
    // The printed sensitivities 0.08 and 0.01 are shares, not per cent: only so do the printed accuracies come out.
    paper('inceptionv3', 29, 3, 1201, 195),
    paper('xception', 18, 0, 1204, 206),
    paper('inceptionresnetv2', 3, 2, 1202, 221),
  )
  const percents = rows.map(({ figures }) =>
    (['twoClassAccuracy', 'sensitivity', 'specificity'] as const).map((name) =>
      Number((100 * figures[name].value!).toFixed(2)),
    ),
  )

  it('VGG19: a 2-class accuracy of 97.83, as the abstract says; 98.75 is its specificity', () => {
    expect(rows[0]!.films).toBe(1428)
    expect(percents[0]).toEqual([97.83, 92.86, 98.75])
  })

  it('MobileNet: 97.41, 99.11 and 97.09; its advantage is sensitivity', () => {
    expect(percents[1]).toEqual([97.41, 99.11, 97.09])
  })

  it('the other three have the accuracies that were printed, with sensitivities of 0.08 and 0.01, not of so many per cent', () => {
    expect(percents.slice(2)).toEqual([
      [86.13, 12.95, 99.75],
      [85.57, 8.04, 100],
      [84.38, 1.34, 99.83],
    ])
  })

  it('the star is on the three that miss most films of the class, and on no other', () => {
    const starred = rows.map(({ figures }) =>
      Object.entries(figures).flatMap(([name, figure]) =>
        figure.starred && name !== 'accuracy' ? [name] : [],
      ),
    )
    const flattered = ['twoClassAccuracy', 'specificity']
    expect(starred).toEqual([[], [], flattered, flattered, flattered])
  })

  it('the choice goes to the fewest false negatives', () => {
    expect(chosen).toEqual({
      name: 'mobilenet',
      why: 'Chosen by the fewest false negatives: mobilenet misses 2 of 224 films of covid. Passed over: inceptionv3, xception, inceptionresnetv2 (more than half of the films of covid are missed).',
    })
  })
})

it('a normal film called pneumonia is right in the 2-class accuracy, and wrong in the 3-class one', () => {
  const matrix = [
    [10, 0, 0],
    [0, 4, 6],
    [0, 0, 10],
  ]
  const { figures } = tablesOf({ name: 'one', folds: [matrix] }).rows[0]!
  expect([figures.twoClassAccuracy.value, figures.accuracy.value]).toEqual([1, 24 / 30])
})

it('a network that calls every film so, or hardly one, is not chosen', () => {
  const all = {
    name: 'all',
    folds: [
      [
        [10, 0, 0],
        [10, 0, 0],
        [10, 0, 0],
      ],
    ],
  }
  const some = {
    name: 'some',
    folds: [
      [
        [7, 3, 0],
        [0, 10, 0],
        [0, 0, 10],
      ],
    ],
  }
  expect(tablesOf(all, some).chosen).toEqual({
    name: 'some',
    why: 'Chosen by the fewest false negatives: some misses 3 of 10 films of covid. Passed over: all (more than half of the other films are called covid).',
  })
  const few = { name: 'few', folds: [some.folds[0]!.map((row, i) => (i === 0 ? [2, 8, 0] : row))] }
  expect(tablesOf(all, few).chosen).toEqual({
    name: null,
    why: 'None is chosen: all (more than half of the other films are called covid); few (more than half of the films of covid are missed).',
  })
  const twin = { ...some, name: 'twin' }
  expect(tablesOf(some, twin).chosen.why).toBe(
    'Chosen by the fewest false negatives: some misses 3 of 10 films of covid, as twin does, and calls 0 others so.',
  )
})

const matrix = fc.array(fc.array(fc.nat(30), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 })
const contenders = fc
  .integer({ min: 1, max: 5 })
  .chain((folds) =>
    fc.array(fc.array(matrix, { minLength: folds, maxLength: folds }), { minLength: 1, maxLength: 3 }),
  )
  .map((all) => all.map((folds, i) => ({ name: `n${i}`, folds })))

const csvOf = (text: string): Record<string, string>[] => {
  const [head, ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, row[i]!])))
}

test('figures are those of the pooled counts, in every format', () => {
  fc.assert(
    fc.property(contenders, (all) => {
      const tables = tablesOf(...all)
      const csv = csvOf(SWEEP_FORMATS.csv!(tables))
      expect(JSON.parse(SWEEP_FORMATS.json!(tables))).toEqual(tables)
      for (const [at, { counts, films, figures }] of tables.rows.entries()) {
        const { truePositive: tp, falsePositive: fp, trueNegative: tn, falseNegative: fn } = counts
        expect(tp + fp + tn + fn).toBe(films)
        expect([figures.sensitivity.value, figures.specificity.value]).toEqual([
          tp + fn === 0 ? null : tp / (tp + fn),
          tn + fp === 0 ? null : tn / (tn + fp),
        ])
        expect(figures.twoClassAccuracy.value).toBe(films === 0 ? null : (tp + tn) / films)
        expect(csv[at]).toMatchObject({ tp: `${tp}`, fp: `${fp}`, tn: `${tn}`, fn: `${fn}` })
        expect(csv[at]!.sensitivity).toBe(`${figures.sensitivity.value ?? ''}`)
        const cells = sweepText(tables).match(new RegExp(`^n${at} +(\\d+) +(\\d+) +(\\d+) +(\\d+)$`, 'm'))
        expect(cells?.slice(1).map(Number)).toEqual([tp, fp, tn, fn])
      }
    }),
  )
})

test('mean and standard deviation are those of the folds; one fold alone has none', () => {
  const fold = (right: number) => [
    [right, 10 - right, 0],
    [0, 10, 0],
    [0, 0, 10],
  ]
  const { rows, folds } = tablesOf({ name: 'one', folds: [fold(9), fold(8), fold(4)] })
  expect(folds).toEqual({ of: 3, tested: 3 })
  expect(rows[0]!.figures.sensitivity).toMatchObject({ value: 0.7, mean: expect.closeTo(0.7, 12) })
  expect(rows[0]!.figures.sensitivity.sd).toBeCloseTo(Math.sqrt((0.04 + 0.01 + 0.09) / 2), 12)
  expect(tablesOf({ name: 'one', folds: [fold(9)] }).rows[0]!.figures.sensitivity).toMatchObject({
    mean: null,
    sd: null,
  })
})

test('the text and the Markdown', () => {
  const tables = sweepTables({
    labels: LABELS,
    positive: 'covid',
    of: 2,
    contenders: [
      {
        name: 'head=gap',
        folds: [
          [
            [10, 0, 0],
            [1, 19, 2],
            [0, 2, 18],
          ],
          [
            [9, 1, 0],
            [0, 20, 0],
            [1, 1, 18],
          ],
        ],
      },
      {
        name: 'head=recipe',
        folds: [
          [
            [1, 9, 0],
            [0, 20, 2],
            [0, 1, 19],
          ],
          [
            [2, 8, 0],
            [0, 20, 0],
            [0, 0, 20],
          ],
        ],
      },
    ],
    leftOut: [{ name: 'head=none', reason: 'it is too small' }],
  })
  expect(SWEEP_FORMATS.txt!(tables)).toMatchInlineSnapshot(`
    "covid against the rest, per cent of the films of 2 folds
    network      2-class accuracy   3-class accuracy   sensitivity   specificity
    head=gap                97.06              92.16         95.00         97.56
    head=recipe             83.33*             80.39         15.00        100.00*

    Films of 2 folds: covid called so (TP), others called so (FP), others not (TN), covid missed (FN)
    network      TP   FP   TN   FN
    head=gap     19    2   80    1
    head=recipe   3    0   82   17

    Mean and standard deviation of the 2 folds, per cent
    network      2-class accuracy   3-class accuracy    sensitivity     specificity
    head=gap         97.04 ± 1.47       92.19 ± 2.56   95.00 ± 7.07    97.56 ± 0.08
    head=recipe      83.35 ± 0.92       80.46 ± 5.00   15.00 ± 7.07   100.00 ± 0.00

    * Not acceptable: an accuracy that the same answer for all films might reach (95 % interval), or a sensitivity or specificity whose other one is below 50 %. The imbalance of the classes, or of the answers, makes it look good.

    2-class accuracy (TP + TN) / all: a film of another class is right when it is not called covid, whatever else it is called; 3-class accuracy: right in all classes. Sensitivity TP / (TP + FN), specificity TN / (TN + FP). The tables are laid out as those of Apostolopoulos and Bessiana (2020, arXiv:2003.11617).

    Chosen by the fewest false negatives: head=gap misses 1 of 20 films of covid. Passed over: head=recipe (more than half of the films of covid are missed).

    Left out: head=none: it is too small

    The choice was made by the films that its figures are of, so they are a little too good; test it on others. Research use only, not for diagnosis.
    "
  `)
  expect(SWEEP_FORMATS.md!(tables)).toMatchInlineSnapshot(`
    "covid against the rest, per cent of the films of 2 folds

    | network | 2-class accuracy | 3-class accuracy | sensitivity | specificity |
    | --- | ---: | ---: | ---: | ---: |
    | head=gap | 97.06 | 92.16 | 95.00 | 97.56 |
    | head=recipe | 83.33\\* | 80.39 | 15.00 | 100.00\\* |

    Films of 2 folds: covid called so (TP), others called so (FP), others not (TN), covid missed (FN)

    | network | TP | FP | TN | FN |
    | --- | ---: | ---: | ---: | ---: |
    | head=gap | 19 | 2 | 80 | 1 |
    | head=recipe | 3 | 0 | 82 | 17 |

    Mean and standard deviation of the 2 folds, per cent

    | network | 2-class accuracy | 3-class accuracy | sensitivity | specificity |
    | --- | ---: | ---: | ---: | ---: |
    | head=gap | 97.04 ± 1.47 | 92.19 ± 2.56 | 95.00 ± 7.07 | 97.56 ± 0.08 |
    | head=recipe | 83.35 ± 0.92 | 80.46 ± 5.00 | 15.00 ± 7.07 | 100.00 ± 0.00 |

    \\* Not acceptable: an accuracy that the same answer for all films might reach (95 % interval), or a sensitivity or specificity whose other one is below 50 %. The imbalance of the classes, or of the answers, makes it look good.

    2-class accuracy (TP + TN) / all: a film of another class is right when it is not called covid, whatever else it is called; 3-class accuracy: right in all classes. Sensitivity TP / (TP + FN), specificity TN / (TN + FP). The tables are laid out as those of Apostolopoulos and Bessiana (2020, arXiv:2003.11617).

    Chosen by the fewest false negatives: head=gap misses 1 of 20 films of covid. Passed over: head=recipe (more than half of the films of covid are missed).

    Left out: head=none: it is too small

    The choice was made by the films that its figures are of, so they are a little too good; test it on others. Research use only, not for diagnosis.
    "
  `)
})
