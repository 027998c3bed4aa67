import { describe, expect, it } from 'vitest'
import { type Asked, requireLabels, shareLines, sharesOf } from '../../../src/cli/score/shares.ts'
import type { LabelCounts } from '../../../src/infer/run/label-counts.ts'

describe('the shares of a folder', () => {
  // S0.7: what VGG16 gave the published test folder of normal films, to two decimals.
  const labels = { covid: 15, normal: 68, pneumonia: 17 }
  const linesOf = (labels: LabelCounts, ok: number, asked: Asked = {}) =>
    shareLines(sharesOf({ ok, labels }, asked), labels)

  it('are those of each label', () => {
    expect(linesOf(labels, 100)).toEqual([
      'covid: 15 (15.0 %)',
      'normal: 68 (68.0 %)',
      'pneumonia: 17 (17.0 %)',
    ])
  })

  it('say how many got the expected label, and how many any but one', () => {
    const asked = { expect: 'normal', group: 'covid' }
    expect(sharesOf({ ok: 100, labels }, asked)).toMatchObject({
      expected: { label: 'normal', films: 68, share: 0.68 },
      others: { label: 'covid', films: 85, share: 0.85 },
    })
    const lines = linesOf(labels, 100, asked)
    expect([lines[0], lines.at(-1)]).toEqual(['normal accuracy: 68 (68.0 %)', 'NON-covid %: 85 (85.0 %)'])
  })

  it('are unknown, not 0, where no film has a label', () => {
    const none = { a: 0, b: 0 }
    expect(sharesOf({ ok: 0, labels: none }, { expect: 'a' })).toMatchObject({
      expected: { label: 'a', films: 0, share: null },
    })
    expect(linesOf(none, 0, { expect: 'a' })).toEqual(['a accuracy: 0', 'a: 0', 'b: 0'])
  })

  it('are those of all films where one may have several labels, and of each model by its name', () => {
    const both = { m: { a: 3, b: 3, none: 1 }, 'x/m': { b: 1, c: 3 } }
    expect(linesOf(both, 4, { expect: 'a', group: 'a' })).toEqual([
      'm:',
      '  a accuracy: 3 (75.0 %)',
      '  a: 3 (75.0 %)',
      '  b: 3 (75.0 %)',
      '  none: 1 (25.0 %)',
      '  NON-a %: 1 (25.0 %)',
      'x/m:',
      '  b: 1 (25.0 %)',
      '  c: 3 (75.0 %)',
    ])
  })

  it('are asked for of labels that the model has', () => {
    expect(() => requireLabels({ expect: 'a', group: 'b' }, ['a', 'b'])).not.toThrow()
    expect(() => requireLabels({ group: 'c' }, ['a', 'b'])).toThrow(
      'ROE_OPTION: --group: expected one of a, b, received c; see --help',
    )
    expect(() => requireLabels({ expect: 'covid' }, ['Covid', 'Normal'])).toThrow(
      'ROE_OPTION: --expect: expected one of Covid, Normal (did you mean Covid?), received covid; see --help',
    )
  })
})
