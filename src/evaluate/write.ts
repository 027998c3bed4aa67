/** The report folder of an evaluation: evaluation.json, .txt, .svg and .png, and one page, index.html, with all of it. */
import { join } from 'node:path'
import { writeWhole } from '../../whole-file.ts'
import { pageOf } from '../report/page.ts'
import { pngOf } from '../report/png.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluationPicture, evaluationPictures } from './picture.ts'
import { evaluationText } from './text.ts'

/** JSON for machines, with a line break at its end; its type is Evaluation. */
export const evaluationJson = (evaluation: Evaluation): string => `${JSON.stringify(evaluation, null, 2)}\n`

/** Writes the folder, the page last.
 *  @returns the path of the page
 *  @throws ROE_WRITE */
export async function writeEvaluation(folder: string, evaluation: Evaluation): Promise<string> {
  const picture = evaluationPicture(evaluation)
  const page = join(folder, 'index.html')
  await writeWhole(join(folder, 'evaluation.json'), evaluationJson(evaluation))
  await writeWhole(join(folder, 'evaluation.txt'), evaluationText(evaluation))
  await writeWhole(join(folder, 'evaluation.svg'), picture.svg)
  await writeWhole(join(folder, 'evaluation.png'), await pngOf(picture))
  await writeWhole(page, evaluationPage(evaluation))
  return page
}

function evaluationPage(evaluation: Evaluation): string {
  const { failed, copies, warnings } = evaluation
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
    ],
  })
}

const tableSection = (heading: string, head: string[], rows: string[][]) =>
  rows.length === 0 ? [] : [{ heading, parts: [{ table: { head, rows } }] }]
