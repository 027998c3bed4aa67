/** Films through a model that gives activation maps: of each film one map, and where on the film it is largest. */
import { strict as assert } from 'node:assert'
import type { Bars } from '../image/film.ts'
import type { Frame } from '../image/resize.ts'
import { seenFrame } from '../image/seen.ts'
import { conduct } from '../infer/conductor.ts'
import type { Failure } from '../infer/failure.ts'
import { MAPS_OUTPUT, mapsSizeOf } from '../infer/maps-output.ts'
import type { ModelFile } from '../infer/model-file.ts'
import { type Films, underNames } from '../infer/named.ts'
import type { FilmResult } from '../infer/pipeline.ts'
import { scoreOf } from '../infer/row.ts'
import { setupOf } from '../infer/score.ts'
import { planScoring } from '../infer/scoring.ts'
import { type ActivationMap, rangeOf } from './overlay.ts'

export interface MappedFilm {
  index: number
  path: string
  status: 'ok'
  /** The most probable label. */
  predicted: string
  /** Whose map it is, and its probability. */
  label: string
  probability: number
  map: ActivationMap
  /** Where on the film the map lies, in pixels of the film. */
  frame: Frame
  bars: Bars | null
  /** The map's largest value and the middle of its place, in pixels from the film's upper left corner; its least value. */
  peak: { x: number; y: number; value: number; least: number }
}
export interface UnmappedFilm {
  index: number
  path: string
  status: 'failed'
  failure: Failure
}

/** @param label  whose maps are wanted; of each film those of its most probable label unless given
 *  @returns one result for each film, in their order
 *  @throws ROE_MODEL_OUTPUT for a model without maps; what opening it throws; nothing of single films */
export async function* mapFilms(
  films: Films,
  model: ModelFile,
  label?: string,
): AsyncGenerator<MappedFilm | UnmappedFilm> {
  const size = mapsSizeOf(model)
  const setup = setupOf({ models: [model] })
  const models = setup.models.map((one) => ({ ...one, outputs: [...(one.outputs ?? []), MAPS_OUTPUT] }))
  const scoring = planScoring([model])
  for await (const result of underNames(films, (paths) => conduct(paths, { ...setup, models }))) {
    const film = scoreOf(result, scoring)
    if (film.status === 'failed') yield film
    else {
      const [score] = film.scores
      assert(score !== undefined && 'outputs' in result, 'a model that was run has a score')
      const of = label ?? score.label
      const row = model.labels.indexOf(of)
      const { width, height, bars } = film.facts
      const frame = seenFrame({ width, height }, bars, model.preprocessing)
      const map = { ...size, values: mapOf(result, row, size) }
      yield {
        ...{ index: film.index, path: film.path, status: 'ok', predicted: score.label, label: of },
        ...{ probability: score.probabilities[row]!, map, frame, bars, peak: peakOf(map, frame) },
      }
    }
  }
}

/** One class of the second output. */
function mapOf(
  result: FilmResult,
  row: number,
  { width, height }: { width: number; height: number },
): Float32Array {
  const all = 'outputs' in result ? result.outputs[0]?.[1] : undefined
  assert(all !== undefined, 'a model with maps gives them')
  return all.slice(row * width * height, (row + 1) * width * height)
}

function peakOf({ width, height, values }: ActivationMap, frame: Frame): MappedFilm['peak'] {
  const [least, value] = rangeOf(values)
  const at = values.indexOf(value)
  return {
    x: frame.x + (((at % width) + 0.5) / width) * frame.width,
    y: frame.y + ((Math.floor(at / width) + 0.5) / height) * frame.height,
    value,
    least,
  }
}
