/** `roentgen doctor --tune -m MODEL [FILMS]`: which shapes a run can have here, what each gives, and which one a long
 *  run takes. Without films it makes some up. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { RoentgenError } from '../../errors.ts'
import { listFilms } from '../data/folder.ts'
import { encodeJpeg } from '../image/encode.ts'
import { phantomFilm } from '../image/phantom.ts'
import { chooseBatch } from '../infer/batch.ts'
import { openModelFile } from '../infer/model-file.ts'
import { shapeText } from '../infer/shapes.ts'
import { machineNow, SAMPLE, type Trial, type Tuning, trialText, tune } from '../infer/tune.ts'

/** Made-up films: as many, and as large in pixels, as tell decoding from the model. */
const MADE = { count: 16, size: 512 }

export interface TuneReport {
  model: string
  films: string
  cores: number
  trials: Trial[]
  choice: Tuning
}

/** @param folder  films to measure on; made-up ones unless given
 *  @throws ROE_NO_FILMS, and what opening the model throws */
export async function tuneReport(path: string, folder: string | undefined): Promise<TuneReport> {
  const model = await openModelFile(path)
  const place = folder ?? (await makeFilms())
  try {
    const sample = (await listFilms(place)).slice(0, SAMPLE)
    if (sample.length === 0) throw new RoentgenError('ROE_NO_FILMS', { where: place })
    const setup = {
      models: [{ model: path, preprocessing: model.preprocessing }],
      batch: chooseBatch(model.batch, undefined),
    }
    const trials: Trial[] = []
    const request = {
      setup,
      sample,
      films: null,
      machine: await machineNow([path]),
      fixed: {},
      isForced: true,
    }
    const choice = await tune(request, (trial) => trials.push(trial))
    const films = folder ?? `${MADE.count} made-up films of ${MADE.size} x ${MADE.size}`
    return { model: path, films, cores: availableParallelism(), trials, choice }
  } finally {
    if (folder === undefined) await rm(place, { recursive: true, force: true })
  }
}

async function makeFilms(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'roentgen-tune-'))
  for (let seed = 0; seed < MADE.count; seed++) {
    const { film } = phantomFilm({ seed, positive: seed % 2 === 0, size: MADE.size })
    await writeFile(join(place, `${seed}.jpg`), await encodeJpeg(film))
  }
  return place
}

export const tuneText = ({ model, films, cores, trials, choice }: TuneReport): string =>
  [
    `${model} on ${films}, ${cores} cores`,
    ...trials.map((trial) => `  ${trialText(trial)}`),
    `a long run takes ${shapeText(choice)}${trials.length > 1 ? ', the fastest' : ` (${choice.why})`}`,
    '',
  ].join('\n')
