/** Finds the files that a table names, where whoever copied the set gave them one more extension, or another one. */
import { basename, extname } from 'node:path'

export interface FilesByName {
  /** Paths of the files that a name of the table may mean; several where they lie in several folders. */
  find: (name: string) => readonly string[]
}

/** @param paths  of all files   @param names  all that the table names: none of them is taken for another one */
export function filesByName(paths: readonly string[], names: readonly string[]): FilesByName {
  const named = new Set(names)
  const [exact, less, stems] = [new Map(), new Map(), new Map()] as [Index, Index, Index]
  for (const path of paths) {
    const name = basename(path)
    add(exact, name, path)
    if (named.has(name)) continue
    add(less, stemOf(name), path)
    add(stems, stemOf(name), path)
  }
  return { find: (name) => exact.get(name) ?? less.get(name) ?? stems.get(stemOf(name)) ?? [] }
}

type Index = Map<string, string[]>

const stemOf = (name: string): string => name.slice(0, name.length - extname(name).length)

function add(index: Index, key: string, path: string): void {
  const paths = index.get(key)
  if (paths === undefined) index.set(key, [path])
  else paths.push(path)
}
