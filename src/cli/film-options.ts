/** The options that put a model behind another input: films of bytes, grey, with the channels elsewhere, of fixed sizes. One
 *  table for every command that takes them. Loads no tfjs. */
import { RoentgenError } from '../../errors.ts'
import { SCALINGS, type ScalingName } from '../../models/scaling.ts'

export const FILM_OPTIONS = {
  scaling: {
    choices: Object.keys(SCALINGS) as ScalingName[],
    describe: "how bytes become the model's numbers; it becomes part of the file",
  },
  input: {
    choices: ['u8', 'f32'] as const,
    describe: "what the file takes: bytes, or numbers [the model's own; u8 with --scaling]",
  },
  layout: {
    choices: ['nhwc', 'nchw'] as const,
    describe: "channels last or first [the model's own; nhwc for bytes]",
  },
  grey: {
    type: 'boolean',
    describe: 'films are grey: the file takes one channel, for a model of three',
  },
  cam: {
    type: 'boolean',
    describe:
      'also class activation maps, for roentgen explain: of a model that ends in global average pooling and one Dense',
  },
  shape: {
    type: 'string',
    describe: 'fixes sizes that the model leaves open: 1,257,257,3; N for any batch',
  },
} as const

/** What --shape says. @throws ROE_OPTION */
export function shapeOf(text: string): (number | null)[] {
  return text.split(',').map((part, axis) => {
    if (axis === 0 && part.trim().toUpperCase() === 'N') return null
    const size = Number(part)
    if (Number.isSafeInteger(size) && size > 0) return size
    const expected = 'whole numbers with commas, N for an open batch'
    throw new RoentgenError('ROE_OPTION', { where: '--shape', expected, received: text })
  })
}

/** As a user would write them. */
export function filmOptionsText(facts: Partial<Record<keyof typeof FILM_OPTIONS, unknown>>): string {
  return (Object.keys(FILM_OPTIONS) as (keyof typeof FILM_OPTIONS)[])
    .filter((name) => facts[name] !== undefined && facts[name] !== false)
    .map((name) => `--${name}${textOf(facts[name])}`)
    .join(' ')
}

const textOf = (value: unknown): string => {
  if (value === true) return ''
  return ` ${Array.isArray(value) ? value.map((size) => size ?? 'N').join(',') : value}`
}

/** Where the channels of a picture's shape stand. */
export const layoutOf = (shape: readonly (number | null)[]): 'nhwc' | 'nchw' =>
  isChannels(shape[1]) && !isChannels(shape[3]) ? 'nchw' : 'nhwc'

export const isChannels = (size: number | null | undefined): boolean => size === 1 || size === 3
