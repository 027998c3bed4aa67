import { describe, expect, it } from 'vitest'
import { requireLabels, shareLines, sharesOf } from '../../../src/cli/score/shares.ts'

describe('the shares of a folder', () => {
  // S0.7: what VGG16 gave the published test folder of normal films, to two decimals.
  const counts = { covid: 15, normal: 68, pneumonia: 17 }

  it('are those of each label', () => {
    expect(shareLines(sharesOf(counts, {}))).toEqual([
      'covid: 15 (15.0 %)',
      'normal: 68 (68.0 %)',
      'pneumonia: 17 (17.0 %)',
    ])
  })

  it('say how many got the expected label, and how many any but one', () => {
    const shares = sharesOf(counts, { expect: 'normal', group: 'covid' })
    expect(shares).toMatchObject({
      expected: { label: 'normal', films: 68, share: 0.68 },
      others: { label: 'covid', films: 85, share: 0.85 },
    })
    const lines = shareLines(shares)
    expect([lines[0], lines.at(-1)]).toEqual(['normal accuracy: 68 (68.0 %)', 'NON-covid %: 85 (85.0 %)'])
  })

  it('are unknown, not 0, where no film has a label', () => {
    const shares = sharesOf({ a: 0, b: 0 }, { expect: 'a' })
    expect(shares.expected).toEqual({ label: 'a', films: 0, share: null })
    expect(shareLines(shares)).toEqual(['a accuracy: 0', 'a: 0', 'b: 0'])
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
