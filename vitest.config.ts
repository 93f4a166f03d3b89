import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{shared,electron,renderer,scripts,tests}/**/*.test.ts'],
    // The kill test runs some hundred sessions of a real process.
    testTimeout: 30_000,
  },
})
