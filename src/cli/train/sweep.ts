/** `--sweep`: options of train with several values each, as all of their combinations. */
import { RoentgenError } from '../../../errors.ts'
import { BACKBONES, HEADS, SCALINGS } from '../../../models/index.ts'
import { BAR_RULES } from '../../image/film.ts'
import { RECIPES } from '../../train/recipes.ts'
import { nearest } from '../nearest.ts'

interface Axis {
  /** The option's name among the arguments. */
  key: string
  /** null where any text is taken, which the option then judges. */
  choices: readonly string[] | null
  isNumber?: true
}

/** Options that a sweep may vary. Not the seed: all must be tested on the same folds. */
const AXES: Readonly<Record<string, Axis>> = {
  recipe: { key: 'recipe', choices: Object.keys(RECIPES) },
  backbone: { key: 'backbone', choices: Object.keys(BACKBONES) },
  alpha: { key: 'alpha', choices: null, isNumber: true },
  'features-at': { key: 'featuresAt', choices: null },
  cutoff: { key: 'cutoff', choices: null },
  head: { key: 'head', choices: Object.keys(HEADS) },
  scaling: { key: 'scaling', choices: Object.keys(SCALINGS) },
  bars: { key: 'bars', choices: ['none', ...BAR_RULES] },
  size: { key: 'size', choices: null },
  'learning-rate': { key: 'learningRate', choices: null, isNumber: true },
}

export const AXIS_NAMES: readonly string[] = Object.keys(AXES)

export interface Combination {
  /** `backbone=vgg19 cutoff=18`: also, with `-` and `_`, the name of its folder. */
  name: string
  /** Arguments that take the place of those that were given. */
  given: Readonly<Record<string, string | number>>
}

/** @param words  `backbone=vgg16,mobilenet`, `head=gap`…, one for each option
 *  @returns every combination, the last option varying fastest; a name of its own for each
 *  @throws ROE_OPTION for an option or value that there is not, or one that is said twice */
export function combinationsOf(words: readonly string[]): Combination[] {
  const axes = words.map(axisOf)
  const twice = axes.find(({ name }, at) => axes.findIndex((other) => other.name === name) < at)
  if (twice !== undefined) throw refused('each option once', twice.name)
  const single = axes.every(({ values }) => values.length === 1)
  return axes.reduce<Combination[]>(
    (before, { name, axis, values }) =>
      before.flatMap(({ name: names, given }) =>
        values.map((value) => ({
          // What does not vary tells nothing.
          name: values.length === 1 && !single ? names : [names, `${name}=${value}`].join(' ').trim(),
          given: { ...given, [axis.key]: axis.isNumber === true ? Number(value) : value },
        })),
      ),
    [{ name: '', given: {} }],
  )
}

/** An option that a sweep varies has no other value. The recipe has one always.
 *  @throws ROE_OPTION */
export function refuseSaid(combinations: readonly Combination[], args: object): void {
  const varied = combinations.flatMap(({ given }) => Object.keys(given))
  for (const [name, { key }] of Object.entries(AXES)) {
    const said: unknown = Object.entries(args).find(([other]) => other === key)?.[1]
    if (key === 'recipe' || !varied.includes(key) || said === undefined) continue
    const expected = `nothing, or no ${name}= in --sweep`
    throw new RoentgenError('ROE_OPTION', { where: `--${name}`, expected, received: String(said) })
  }
}

export const folderOf = (name: string): string =>
  name.replaceAll('=', '-').replaceAll(' ', '_').replaceAll('/', '.')

function axisOf(word: string): { name: string; axis: Axis; values: string[] } {
  const [name = '', list = '', ...more] = word.split('=')
  const axis = AXES[name]
  if (axis === undefined || list === '' || more.length > 0) {
    const meant = nearest(name, AXIS_NAMES)
    throw refused(
      `OPTION=VALUE,VALUE, e.g. backbone=vgg16,mobilenet; options are ${AXIS_NAMES.join(', ')}`,
      axis === undefined && meant !== undefined ? `${word}; did you mean ${meant}?` : word,
    )
  }
  const values = [...new Set(list.split(','))]
  const unknown = values.find(
    (value) => value === '' || (axis.choices !== null && !axis.choices.includes(value)),
  )
  if (unknown !== undefined) throw refused(`of ${name}: ${axis.choices?.join(', ') ?? 'values'}`, unknown)
  return { name, axis, values }
}

const refused = (expected: string, received: string): RoentgenError =>
  new RoentgenError('ROE_OPTION', {
    where: '--sweep',
    expected,
    received: received === '' ? 'nothing' : received,
  })
