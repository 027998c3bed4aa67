/** The page of the demo: made-up films of both classes, what the model sees of them, the training, the figures. */
import { PHANTOM_CLASSES, type PhantomClass } from '../../dataset/synth.ts'
import type { Evaluation } from '../../evaluate/evaluation.ts'
import { evaluationPictures } from '../../evaluate/picture.ts'
import { evaluationText } from '../../evaluate/text.ts'
import { encodePng } from '../../image/encode.ts'
import type { Pixels, Preprocessing } from '../../image/film.ts'
import type { Phantom } from '../../image/phantom.ts'
import { preprocess } from '../../image/preprocess.ts'
import { historyPicture } from '../../report/history.ts'
import { pageOf } from '../../report/page.ts'
import { COLOURS, type Picture } from '../../report/plot.ts'
import type { TrainingResult } from '../../train/train.ts'
import { demoFilm, FILM_SIZE } from './films.ts'

/** Films of each class on the page. */
const SHOWN = 6

export interface DemoReport {
  seed: number
  training: TrainingResult
  evaluation: Evaluation
  /** Rows of the table of figures. */
  figures: readonly (readonly string[])[]
  /** Commands, one a line. */
  again: readonly string[]
  next: readonly string[]
}

/** @returns the page as HTML */
export async function demoPage(report: DemoReport): Promise<string> {
  const { seed, training, evaluation, figures, again, next } = report
  const samples = await Promise.all(
    PHANTOM_CLASSES.map((label) => samplesOf(seed, label, training.preprocessing)),
  )
  const films = (kind: keyof Sample, alt: string) =>
    PHANTOM_CLASSES.flatMap((label, i) => [
      { text: `${label}:` },
      ...samples[i]!.map((sample) => ({ picture: sample[kind], alt: `${alt} of class ${label}` })),
    ])
  return pageOf({
    title: 'roentgen demo: the whole chain on made-up films',
    sections: [
      {
        heading: 'Figures',
        parts: [
          {
            table: { head: ['labels', 'test AUC', '95 % interval', 'must be'], rows: figures },
          },
          {
            text: 'AUC: the chance that a film with opacities gets a higher probability than one without; 0.5 is guessing. In the controls half of the films of each class change their label, so that the labels tell nothing: if they came out far from 0.5 on average, the test films would leak into the training or the counting would be wrong. The films are made up: these figures show that the chain works, and say nothing about real films.',
          },
        ],
      },
      {
        heading: 'Made-up test films',
        parts: [
          {
            text: 'Patients, exposures, noise, black bars, letters and file formats are drawn alike for both classes; only the opacities differ. Circles, not on the films, show where they are.',
          },
          ...films('marked', 'Made-up film'),
        ],
      },
      {
        heading: 'What the model sees of them',
        parts: [{ text: sizeText(training.preprocessing) }, ...films('seen', 'What the model sees')],
      },
      {
        heading: 'Training',
        parts: [
          {
            text: `A trunk of random weights, ${training.parameters.total} parameters in all, ${training.parameters.trainable} of them trained. Before the ONNX file was kept, it was run against TensorFlow.js and, on the films that validate, against what the training saw.`,
          },
          { picture: historyPicture(training.history), alt: 'Loss and accuracy of each epoch' },
        ],
      },
      {
        heading: 'Evaluation',
        parts: [
          ...evaluationPictures(evaluation).flatMap(([matrix, shares]) => [
            { picture: matrix, alt: 'Confusion matrix, rows actual, columns predicted' },
            { picture: shares, alt: 'Sensitivity and specificity of each class with 95 % intervals' },
          ]),
          { terminal: evaluationText(evaluation) },
        ],
      },
      { heading: 'The same by single commands', parts: [{ terminal: again.join('\n') }] },
      { heading: 'On films of your own', parts: [{ terminal: next.join('\n') }] },
    ],
  })
}

const sizeText = ({ steps }: Preprocessing): string => {
  const fit = steps.find((step) => step.op === 'fit')
  return `The same films as they enter the network: ${fit?.width} x ${fit?.height} pixels.`
}

/** One film twice. */
interface Sample {
  marked: Picture
  seen: Picture
}

const samplesOf = (seed: number, label: PhantomClass, preprocessing: Preprocessing): Promise<Sample[]> =>
  Promise.all(
    Array.from({ length: SHOWN }, async (_, number) => {
      const { film, opacities } = demoFilm(seed, 'test', label, number)
      return {
        marked: await pictureOf(film, opacities),
        seen: await pictureOf(preprocess(film, preprocessing)),
      }
    }),
  )

/** Pixels enlarged to the size of a film, unsmoothed, with circles over them. */
async function pictureOf(pixels: Pixels, circles: Phantom['opacities'] = []): Promise<Picture> {
  const png = Buffer.from(await encodePng(pixels)).toString('base64')
  const rings = circles.map(
    ({ x, y, radius }) =>
      `<circle cx="${(x + 0.5).toFixed(1)}" cy="${(y + 0.5).toFixed(1)}" r="${radius.toFixed(1)}" fill="none" stroke="${COLOURS[1]}" stroke-width="1.5"/>`,
  )
  const side = FILM_SIZE
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}"><image href="data:image/png;base64,${png}" width="${side}" height="${side}" style="image-rendering:pixelated"/>${rings.join('')}</svg>`,
    width: side,
    height: side,
  }
}
