import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['dist/**', 'node_modules/**'],
    setupFiles: ['test/setup.ts'],
    // A limit on hangs, not on speed: CI shares its machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
