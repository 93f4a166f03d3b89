import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: 'test-results',
  // Each spec starts a whole app; two cores carry two of them.
  workers: 2,
  fullyParallel: true,
  timeout: 60_000,
  reporter: 'list',
  use: {
    viewport: { width: 1280, height: 720 },
    // Recording takes a third of the processor time of a test.
    trace: process.env.PICTOGRAPH_TRACE ? 'retain-on-failure' : 'off',
    launchOptions: {
      executablePath: process.env.PICTOGRAPH_BROWSER,
      args: ['--no-sandbox', '--disable-background-networking'],
    },
  },
})
