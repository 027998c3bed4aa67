/** How well the label of a film is guessed from what says nothing of its lungs: format, size, colour, border. Where that is far
 *  above chance, so will be a network that looks at nothing else. */
import type { FilmFacts } from './facts.ts'

/** What is guessed from. */
const CUES: readonly [name: string, of: (film: FilmFacts) => string | number][] = [
  ['file format', ({ format }) => format],
  ['bits a sample', ({ bits }) => String(bits)],
  ['colour', ({ colour }) => colour],
  ['pixels', ({ width, height }) => width * height],
  ['width / height', ({ width, height }) => width / height],
  ['grey of the border', ({ borderGrey }) => borderGrey],
  ['grey of the film', ({ meanGrey }) => meanGrey],
  ['black bars', ({ hasBars }) => String(hasBars)],
]
/** Numbers are put into bins of as many films each; few films make few bins, lest each film have its own. */
const MOST_BINS = 8
const FILMS_A_BIN = 25

interface Guess {
  cue: string
  /** Share of the films whose label is right, 0..1. */
  right: number
}

export interface Guesses {
  /** Share that is right when always the largest class is guessed. */
  chance: number
  /** The best first. */
  cues: Guess[]
}

/** Guesses each film's label from one cue: the label that most films with the same value have. These are the very films that
 *  it was learnt from, so no cue is below chance, and what is little above it says nothing.
 *  @returns null for fewer than two labels */
export function guessLabels(films: readonly FilmFacts[]): Guesses | null {
  const labels = [...new Set(films.map(({ label }) => label))]
  if (labels.length < 2) return null
  const counts = labels.map((label) => films.filter((film) => film.label === label).length)
  const cues = CUES.map(([cue, of]) => ({ cue, right: rightBy(films, binned(films.map(of)), labels) }))
  return {
    chance: Math.max(...counts) / films.length,
    cues: cues.toSorted((a, b) => b.right - a.right),
  }
}

function rightBy(films: readonly FilmFacts[], values: readonly string[], labels: readonly string[]): number {
  const groups = new Map<string, number[]>()
  films.forEach(({ label }, i) => {
    const counts = groups.get(values[i]!) ?? labels.map(() => 0)
    counts[labels.indexOf(label)]! += 1
    groups.set(values[i]!, counts)
  })
  return [...groups.values()].reduce((sum, counts) => sum + Math.max(...counts), 0) / films.length
}

/** Texts stay; numbers become the number of their bin, equal ones the same. */
function binned(values: readonly (string | number)[]): string[] {
  const sorted = values.filter((value) => typeof value === 'number').sort((a, b) => a - b)
  const bins = Math.max(2, Math.min(MOST_BINS, Math.floor(sorted.length / FILMS_A_BIN)))
  const firstAt = new Map<number, number>()
  for (const [index, value] of sorted.entries()) if (!firstAt.has(value)) firstAt.set(value, index)
  return values.map((value) =>
    typeof value === 'string' ? value : String(Math.floor((bins * firstAt.get(value)!) / sorted.length)),
  )
}
