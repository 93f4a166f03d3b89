import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { startOnce } from './start-packages.mjs'

/** A program that receives `--data DIR` and then runs these shell lines. */
function program(folder: string, ...lines: string[]): string {
  const file = join(folder, 'program')
  writeFileSync(file, ['#!/bin/sh', 'data="$2"', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}

const WINDOW =
  'mkdir -p "$data/logs"; echo \'{"message":"the first window is up"}\' > "$data/logs/app.log"'

describe.skipIf(process.platform === 'win32')('a package', () => {
  test('counts as started when its window is up, and is then closed', async () => {
    using folder = temporaryFolder()
    await startOnce(program(folder.path, WINDOW, 'exec sleep 600'))
  })

  test.each([
    ['that ends before is told with its output', ['echo no display >&2', 'exit 1'], /no display/],
    ['without a window is told with its log', ['exec sleep 600'], /no window/],
  ])('%s', async (_name, lines, message) => {
    using folder = temporaryFolder()
    await expect(startOnce(program(folder.path, ...lines), [], 700)).rejects.toThrow(message)
  })
})
