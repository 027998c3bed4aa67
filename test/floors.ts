/** The floors of the house: which folder may import which. Import lines are read as text: TypeScript 7 has no compiler
 *  API. Type imports count like any others. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** Folder → the folders and leaves of ours that it may import, beside itself. Longest match counts. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'random.ts': [],
  'whole-file.ts': ['errors.ts'],
  'lock.ts': ['errors.ts', 'whole-file.ts'],
  layers: ['errors.ts'],
  converters: ['errors.ts', 'random.ts', 'whole-file.ts', 'layers'],
  models: ['errors.ts', 'random.ts', 'layers'],
  bench: ['errors.ts', 'random.ts'],
  'src/report': ['errors.ts'],
  'src/image': ['errors.ts', 'random.ts'],
  'src/data': ['errors.ts', 'random.ts', 'src/image'],
  'src/cache-folder.ts': [],
  'src/native': ['errors.ts', 'whole-file.ts', 'lock.ts', 'converters', 'src/cache-folder.ts'],
  'src/weights': ['errors.ts', 'whole-file.ts', 'lock.ts', 'converters', 'src/cache-folder.ts'],
  'src/infer': ['errors.ts', 'random.ts', 'whole-file.ts', 'lock.ts', 'converters', 'src/data', 'src/image'],
  'src/train': [
    'errors.ts',
    'random.ts',
    'whole-file.ts',
    'converters',
    'models',
    'src/native',
    'src/infer',
    'src/data',
    'src/image',
  ],
  'src/evaluate': [
    'errors.ts',
    'whole-file.ts',
    'converters',
    'models',
    'src/infer',
    'src/data',
    'src/image',
    'src/report',
  ],
  'src/dataset': ['errors.ts', 'random.ts', 'whole-file.ts', 'src/data', 'src/image', 'src/report'],
  'src/explain': ['errors.ts', 'whole-file.ts', 'src/infer', 'src/data', 'src/image', 'src/report'],
  'src/cli': [
    'errors.ts',
    'random.ts',
    'whole-file.ts',
    'lock.ts',
    'converters',
    'models',
    'bench',
    'src/explain',
    'src/evaluate',
    'src/dataset',
    'src/train',
    'src/native',
    'src/weights',
    'src/infer',
    'src/data',
    'src/image',
    'src/report',
  ],
  'src/index.ts': [
    'errors.ts',
    'src/evaluate',
    'src/train',
    'src/infer',
    'src/data',
    'src/image',
    'src/report',
  ],
}

/** Which packages a pillar may use; its own jobs only. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'random.ts': [],
  'whole-file.ts': [],
  layers: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'],
  converters: [
    '@bufbuild/protobuf',
    '@tensorflow/',
    'h5wasm',
    'onnxruntime-node',
    'onnxruntime-web',
    'yauzl',
    'zod',
  ],
  models: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'],
  bench: ['zod'],
  'src/report': ['@observablehq/plot', 'linkedom', 'sharp'],
  'src/image': ['@julusian/jpeg-turbo', 'koffi', 'sharp', 'zod'],
  'src/data': ['csv-parse', 'csv-stringify', 'hyparquet', 'hyparquet-writer', 'minimatch', 'zod'],
  'src/cache-folder.ts': [],
  'src/native': ['@tensorflow/', 'yauzl', 'zod'],
  'src/weights': [],
  'src/infer': ['zod'],
  'src/dataset': [],
  'src/train': ['@tensorflow/', 'zod'],
  // Its figures are drawn in report's frame.
  'src/evaluate': ['@observablehq/plot'],
}

interface Trespass {
  file: string
  imports: string
  why: string
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

/** What a source file imports, as written. */
export const importsOf = (source: string): string[] =>
  [...source.matchAll(IMPORT)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')

/** Checks all TypeScript files below `root`.
 *  @returns how many files and imports were read, and each import that breaks a floor */
export function checkFloors(root: string): { files: number; imports: number; trespasses: Trespass[] } {
  const files = sourcesBelow(root)
  let imports = 0
  const trespasses = files.flatMap((file) => {
    const named = importsOf(readFileSync(join(root, file), 'utf8'))
    imports += named.length
    return named.flatMap((name) => trespassOf(root, file, name) ?? [])
  })
  return { files: files.length, imports, trespasses }
}

const ROOTS = [
  'errors.ts',
  'random.ts',
  'whole-file.ts',
  'lock.ts',
  'layers',
  'converters',
  'models',
  'bench',
  'src',
]

function sourcesBelow(root: string): string[] {
  const tops = ROOTS.filter((name) => existsSync(join(root, name)))
  return tops.flatMap((name) =>
    name.endsWith('.ts')
      ? [name]
      : readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
          .filter((path) => path.endsWith('.ts'))
          .map((path) => join(name, path).split(sep).join('/')),
  )
}

/** The floor that a file stands on: the longest key that it lies under. */
const floorOf = (path: string): string | undefined =>
  Object.keys(FLOORS)
    .filter((floor) => path === floor || path.startsWith(`${floor}/`))
    .toSorted((a, b) => b.length - a.length)[0]

function trespassOf(root: string, file: string, name: string): Trespass | undefined {
  const floor = floorOf(file)
  if (floor === undefined) return { file, imports: name, why: 'the file stands on no floor' }
  if (name.startsWith('node:')) return undefined
  if (!name.startsWith('.')) return packageTrespass(floor, file, name)
  const target = relative(root, join(root, dirname(file), name))
    .split(sep)
    .join('/')
  const to = floorOf(target)
  if (to === floor || (to !== undefined && FLOORS[floor]!.includes(to))) return undefined
  return {
    file,
    imports: target,
    why: `${floor} may import ${FLOORS[floor]!.join(', ') || 'nothing of ours'}`,
  }
}

function packageTrespass(floor: string, file: string, name: string): Trespass | undefined {
  const allowed = PACKAGES[floor]
  const fits = (one: string): boolean => name === one || name.startsWith(one.endsWith('/') ? one : `${one}/`)
  if (allowed === undefined || allowed.some(fits)) return undefined
  return { file, imports: name, why: `${floor} may use ${allowed.join(', ') || 'no package'}` }
}
