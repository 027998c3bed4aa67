/** The table of kernels as a page for users: docs/coverage.md is this text, written by scripts/write-coverage.ts. */
import { KERNELS, type KernelRow } from './kernels/index.ts'

type Kind = KernelRow['kind']

const rows = Object.entries<KernelRow>(KERNELS).toSorted(([a], [b]) => (a < b ? -1 : 1))

const of = <K extends Kind>(kind: K): [string, Extract<KernelRow, { kind: K }>][] =>
  rows.filter((row): row is [string, Extract<KernelRow, { kind: K }>] => row[1].kind === kind)

const reasons = (kind: 'host' | 'refused'): string[] => [
  '| kernel | why |',
  '| --- | --- |',
  ...of(kind).map(([name, { reason }]) => `| \`${name}\` | ${reason} |`),
]

/** Markdown, ending with a line break. */
export const coveragePage = (): string =>
  `${[
    '# Which kernels of TensorFlow.js convert',
    '',
    'Written by `node dist/scripts/write-coverage.js` from the table in `converters/record/kernels`; do not edit.',
    '',
    `tfjs-core has ${rows.length} kernels. ${of('lowered').length} become ONNX nodes wherever their inputs depend on the`,
    `model's input; ${of('host').length} are evaluated while the model is converted, and ${of('refused').length} are refused. A call of any of`,
    'the first two kinds whose inputs are all known (shapes, weights, constants) is evaluated on the host and becomes a',
    'constant.',
    '',
    `## Become nodes (${of('lowered').length})`,
    '',
    of('lowered')
      .map(([name]) => `\`${name}\``)
      .join(', '),
    '',
    'Within these, channels first (but of plain convolutions), filters that are computed, transforms that are computed, batch normalization along',
    'another axis than the last, and resizing with both `alignCorners` and `halfPixelCenters` are refused.',
    '',
    `## Evaluated on the host (${of('host').length})`,
    '',
    "Where an input depends on the model's input, they are refused, with this reason.",
    '',
    ...reasons('host'),
    '',
    `## Refused (${of('refused').length})`,
    '',
    ...reasons('refused'),
  ].join('\n')}\n`
