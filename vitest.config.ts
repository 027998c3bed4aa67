import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    // Many tests wait for processes of theirs: two files at a time, also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    setupFiles: ['test/setup.ts'],
    // A limit on hangs, not on speed: CI shares its machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
