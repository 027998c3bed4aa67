/** Scores and labels name the same films by paths that may begin elsewhere: which row belongs to which. */
import { dirname, posix, resolve } from 'node:path'
import { RoentgenError } from '../../errors.ts'

export interface Joined {
  /** Indices of rows that belong together, in the order of the scores. */
  pairs: { score: number; label: number }[]
  /** Paths as written, in their order. */
  withoutScore: string[]
  withoutLabel: string[]
  /** Pairs that only the last rule joined: right unless a film is missing whose name another film has. */
  byEnding: Joined['pairs']
}

/** How two paths may agree, the strictest first; what agreed by one rule takes no part in the next. */
type Rule = (scores: Side, labels: Side) => [score: number, label: number][]
interface Side {
  /** Index of the row → its path as written. */
  paths: Map<number, string>
  /** The folder that relative paths begin in. */
  base: string
}

const RULES: Readonly<Record<string, Rule>> = {
  written: (scores, labels) => equal(scores, labels, (path) => normal(path)),
  samePlace: (scores, labels) => equal(scores, labels, (path, base) => resolve(base, path)),
  sameRoot,
  ending: endings,
}

/** Joins rows by path: as written; else as the same place on this machine (paths of labels beginning at their file's
 *  folder); else where one path is the end of the other (whole names: `a/1.png` is no end of `aa/1.png`), first all
 *  those under the one root that fits most films, then any that fits one film only.
 *  @throws ROE_MANIFEST when an end fits more than one film; it lists them */
export function joinByPath(scores: readonly string[], labels: readonly string[], labelsFile: string): Joined {
  const left: Side = { paths: new Map(scores.entries()), base: '.' }
  const right: Side = { paths: new Map(labels.entries()), base: dirname(labelsFile) }
  const pairs: Joined['pairs'] = []
  const byEnding: Joined['pairs'] = []
  for (const [name, rule] of Object.entries(RULES)) {
    const found = rule(left, right)
    refuseAmbiguous(found, left, right, labelsFile)
    for (const [score, label] of found) {
      pairs.push({ score, label })
      if (name === 'ending') byEnding.push({ score, label })
      left.paths.delete(score)
      right.paths.delete(label)
    }
  }
  pairs.sort((a, b) => a.score - b.score)
  return { pairs, withoutScore: [...right.paths.values()], withoutLabel: [...left.paths.values()], byEnding }
}

const normal = (path: string): string => posix.normalize(path.replaceAll('\\', '/'))

function equal(scores: Side, labels: Side, key: (path: string, base: string) => string): [number, number][] {
  const byKey = grouped([...labels.paths].map(([label, path]) => [key(path, labels.base), label]))
  return [...scores.paths].flatMap(([score, path]) =>
    (byKey.get(key(path, scores.base)) ?? []).map((label): [number, number] => [score, label]),
  )
}

/** Of the pairs that endings would join, those of the root that most of them share; none where two roots share alike. */
function sameRoot(scores: Side, labels: Side): [number, number][] {
  const byRoot = new Map<string, [number, number][]>()
  for (const pair of endings(scores, labels)) {
    const [score, label] = [bare(scores.paths.get(pair[0])!), bare(labels.paths.get(pair[1])!)]
    const isScore = score.length > label.length
    const root = (isScore ? score : label).slice(0, isScore ? -label.length : -score.length)
    const key = `${isScore ? 'scores' : 'labels'} ${root}`
    const pairs = byRoot.get(key)
    if (pairs === undefined) byRoot.set(key, [pair])
    else pairs.push(pair)
  }
  const [first = [], second = []] = [...byRoot.values()].sort((a, b) => b.length - a.length)
  return first.length > second.length ? first : []
}

function endings(scores: Side, labels: Side): [number, number][] {
  const inScores = byEnding(scores)
  const inLabels = byEnding(labels)
  const longerScores = [...labels.paths].flatMap(([label, path]) =>
    (inScores.get(bare(path)) ?? []).map((score): [number, number] => [score, label]),
  )
  const longerLabels = [...scores.paths].flatMap(([score, path]) =>
    (inLabels.get(bare(path)) ?? []).map((label): [number, number] => [score, label]),
  )
  const all = new Map([...longerScores, ...longerLabels].map((pair) => [pair.join(), pair]))
  return [...all.values()]
}

/** Without the beginning that says only where one stands. */
const bare = (path: string): string => normal(path).replace(/^(\.\.\/|\/)+/, '')

/** Every end of every path, from whole names. */
const byEnding = ({ paths }: Side): Map<string, number[]> =>
  grouped(
    [...paths].flatMap(([index, path]) => {
      const names = bare(path).split('/')
      return names.map((_, from): [string, number] => [names.slice(from).join('/'), index])
    }),
  )

function grouped(entries: readonly (readonly [string, number])[]): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  for (const [key, index] of entries) {
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [index])
    else group.push(index)
  }
  return groups
}

function refuseAmbiguous(
  pairs: readonly [number, number][],
  scores: Side,
  labels: Side,
  labelsFile: string,
): void {
  for (const [one, many, from, to] of [
    [1, 0, labels, scores],
    [0, 1, scores, labels],
  ] as const) {
    const matches = grouped(pairs.map((pair) => [String(pair[one]), pair[many]]))
    for (const [index, found] of matches) {
      if (found.length === 1) continue
      const names = found.slice(0, 5).map((other) => to.paths.get(other))
      const more = found.length > 5 ? ` and ${found.length - 5} more` : ''
      const problem = `the path ${from.paths.get(Number(index))} may be any of ${names.join(', ')}${more}; write longer paths`
      throw new RoentgenError('ROE_MANIFEST', { where: labelsFile, problem })
    }
  }
}
