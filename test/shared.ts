/** Where the team's test data is: `../shared`, beside the checkout. Tests that need it skip where it is absent. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../shared/data/', import.meta.url))

export const hasShared = existsSync(root)

/** Absolute path of a file or folder of the test data, e.g. `shared('seed003/test')`. */
export const shared = (path: string): string => root + path
