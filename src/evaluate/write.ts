/** The report folder of an evaluation: evaluation.json, .txt, .svg and .png, and one page, index.html, with all of it. */
import { join } from 'node:path'
import { writeWhole } from '../../whole-file.ts'
import { pageOf } from '../report/page.ts'
import { pngOf } from '../report/png.ts'
import type { Evaluation } from './evaluation.ts'
import type { FindingsEvaluation } from './findings-evaluation.ts'
import { FIGURES, findingsText, rowsOf } from './findings-text.ts'
import { plural } from './number-text.ts'
import { evaluationPicture, evaluationPictures, sharesPicture } from './picture.ts'
import { evaluationText } from './text.ts'

/** JSON for machines, with a line break at its end; its type is that of what is given. */
export const evaluationJson = (evaluation: Evaluation | FindingsEvaluation): string =>
  `${JSON.stringify(evaluation, null, 2)}\n`

/** Text for a terminal, with a line break at its end. */
export const textOf = (evaluation: Evaluation | FindingsEvaluation): string =>
  'kind' in evaluation ? findingsText(evaluation) : evaluationText(evaluation)

const PAGE = 'index.html'

/** Its files. */
export const EVALUATION_FILES: readonly string[] = [
  ...['json', 'txt', 'svg', 'png'].map((extension) => `evaluation.${extension}`),
  PAGE,
]

/** Writes the folder, the page last.
 *  @returns the path of the page
 *  @throws ROE_WRITE */
export async function writeEvaluation(
  folder: string,
  evaluation: Evaluation | FindingsEvaluation,
): Promise<string> {
  const { picture, page: html } =
    'kind' in evaluation
      ? { picture: findingsPicture(evaluation), page: findingsPage(evaluation) }
      : { picture: evaluationPicture(evaluation), page: evaluationPage(evaluation) }
  const page = join(folder, PAGE)
  await writeWhole(join(folder, 'evaluation.json'), evaluationJson(evaluation))
  await writeWhole(join(folder, 'evaluation.txt'), textOf(evaluation))
  await writeWhole(join(folder, 'evaluation.svg'), picture.svg)
  await writeWhole(join(folder, 'evaluation.png'), await pngOf(picture))
  await writeWhole(page, html)
  return page
}

const findingsPicture = ({ all }: FindingsEvaluation) =>
  sharesPicture({ classes: all.map(({ specificity, ...row }) => ({ ...row, specificityOf: specificity })) })

function findingsPage(evaluation: FindingsEvaluation): string {
  const { all, withoutCopies, warnings } = evaluation
  const table = (figures: FindingsEvaluation['all']) => ({ table: { head: FIGURES, rows: rowsOf(figures) } })
  return pageOf({
    title: 'Evaluation of an X-ray classifier of several labels',
    sections: [
      {
        heading: `Each label by itself, all ${plural(evaluation.films, 'film')}`,
        parts: [
          table(all),
          {
            picture: findingsPicture(evaluation),
            alt: 'Sensitivity and specificity of each label with 95 % intervals',
          },
        ],
      },
      ...(withoutCopies === null
        ? []
        : [
            {
              heading: 'Without films that have a copy among the training films',
              parts: [table(withoutCopies)],
            },
          ]),
      { heading: 'Keep in mind', parts: [{ list: warnings.map(({ text }) => text) }] },
      { heading: 'Report', parts: [{ terminal: findingsText(evaluation) }] },
      ...copiesAndFailures(evaluation),
    ],
  })
}

function evaluationPage(evaluation: Evaluation): string {
  const { warnings } = evaluation
  return pageOf({
    title: 'Evaluation of an X-ray classifier',
    sections: [
      {
        heading: 'Figures',
        parts: evaluationPictures(evaluation).flatMap(([matrix, shares]) => [
          { picture: matrix, alt: 'Confusion matrix, rows actual, columns predicted' },
          { picture: shares, alt: 'Sensitivity and specificity of each class with 95 % intervals' },
        ]),
      },
      { heading: 'Keep in mind', parts: [{ list: warnings.map(({ text }) => text) }] },
      { heading: 'Report', parts: [{ terminal: evaluationText(evaluation) }] },
      ...copiesAndFailures(evaluation),
    ],
  })
}

const copiesAndFailures = ({ copies, failed }: Pick<Evaluation, 'copies' | 'failed'>) => [
  ...tableSection(
    'Test films with a copy among the training films',
    ['test film', 'training films'],
    copies.map(({ path, trainPaths }) => [path, trainPaths.join(', ')]),
  ),
  ...tableSection(
    'Failed films',
    ['film', 'class', 'code', 'reason'],
    failed.map(({ path, actual, code, reason }) => [path, actual, code ?? '', reason]),
  ),
]

const tableSection = (heading: string, head: string[], rows: string[][]) =>
  rows.length === 0 ? [] : [{ heading, parts: [{ table: { head, rows } }] }]
