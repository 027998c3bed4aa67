/** The table of layers as a page for users: docs/layers.md is this text, written by `npx vitest run … -u`. */
import type { Factory, LayerCase } from './case.ts'

type Rows = readonly (readonly [Factory, readonly LayerCase<unknown>[]])[]

/** Markdown, ending with a line break. */
export function layersPage(rows: Rows): string {
  const converted = rows.filter(([, cases]) => cases.some(({ refused }) => refused === undefined))
  const models = rows.flatMap(([, cases]) => cases.filter(({ refused }) => refused === undefined))
  return `${[
    '# Which layers of TensorFlow.js convert',
    '',
    'Written by `npx vitest run test/converters/layers/layers.test.ts -u` from the table in `test/converters/layers`; do',
    'not edit. Each line below is a model with weights of its own, saved by tfjs, read, converted, and compared with tfjs on',
    'inputs of one and of three films.',
    '',
    `tfjs-layers has ${rows.length} functions that make a layer or a cell; ${converted.length} convert, in ${models.length} models.`,
    '',
    '| layer | on inputs of | settings that are tried |',
    '| --- | --- | --- |',
    ...converted.map(
      ([name, cases]) => `| \`${name}\` | ${shapes(cases).join(', ')} | ${settings(cases).join(', ')} |`,
    ),
    '',
    '## Refused',
    '',
    '| layer | why |',
    '| --- | --- |',
    ...rows.flatMap(([name, cases]) =>
      cases.flatMap((row) =>
        row.refused === undefined ? [] : [`| \`${name}\`${withSettings(row)} | ${row.refused.why} |`],
      ),
    ),
  ].join('\n')}\n`
}

const shapes = (cases: readonly LayerCase<unknown>[]): string[] => [
  ...new Set(cases.map(({ inputs }) => inputs.map(({ shape }) => `[N,${shape}]`).join(' and '))),
]

const argsOf = ({ args, inputs }: LayerCase<unknown>): object =>
  ((typeof args === 'function' ? args(inputs[0]!.shape) : args) ?? {}) as object

/** How the cases begin a recurrent layer is no setting of theirs. */
const settings = (cases: readonly LayerCase<unknown>[]): string[] =>
  [...new Set(cases.flatMap((row) => Object.keys(argsOf(row))))].filter(
    (key) => key !== 'recurrentInitializer',
  )

const withSettings = (row: LayerCase<unknown>): string => {
  const { recurrentInitializer: _, ...args } = argsOf(row) as Record<string, unknown>
  return Object.keys(args).length === 0 ? '' : ` with \`${JSON.stringify(args)}\``
}
