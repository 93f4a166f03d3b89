import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{bin,emulator,shared,electron,renderer,scripts,tests}/**/*.test.ts'],
    // Vitest leaves one core free; with two cores that would be half of them.
    maxWorkers: '100%',
    // The kill test runs some hundred sessions of a real process.
    testTimeout: 30_000,
    // Tests start many processes from the sources, and each would compile the same files again.
    env: { NODE_COMPILE_CACHE: 'node_modules/.cache/node' },
  },
})
