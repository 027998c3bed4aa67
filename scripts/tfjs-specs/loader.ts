/** Hooks that let Node import tfjs-core's specs, which are ES modules in `.js` files and name each other without ending. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { LoadHook, ResolveHook } from 'node:module'
import { fileURLToPath } from 'node:url'

const SPECS = /\/@tensorflow\/tfjs-core\/dist\/(?!tf-core)/

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (!specifier.startsWith('.') || !SPECS.test(context.parentURL ?? '')) return next(specifier, context)
  const url = new URL(specifier, context.parentURL)
  const found = ['', '.js', '/index.js']
    .map((ending) => url.href + ending)
    .find((href) => href.endsWith('.js') && existsSync(fileURLToPath(href)))
  return next(found ?? specifier, context)
}

export const load: LoadHook = async (url, context, next) => {
  if (!SPECS.test(url)) return next(url, context)
  const text = await readFile(fileURLToPath(url), 'utf8')
  // Of CommonJS modules Node gives all names with the default one only.
  const source = text.replace(
    /import \* as (\w+) from '(seedrandom|long)'/g,
    "import $1_ from '$2'; const $1 = $1_",
  )
  return { format: 'module', source, shortCircuit: true }
}
