import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { COMMANDS, isForTerminal } from './command-names.ts'
import { createProgram } from './program.ts'

test('the launcher knows each command of the program', () => {
  const program = createProgram({
    cwd: '/',
    version: '1',
    serve: async () => 0,
    end: () => {},
  })
  expect([...program.commands.map((command) => command.name()), 'help'].sort()).toEqual([
    ...COMMANDS,
  ])
})

test('commands, also mistyped ones, run in the terminal; folders, images and links open a window', () => {
  using folder = temporaryFolder()
  mkdirSync(join(folder.path, 'photos'))
  const asked = (...args: string[]) => isForTerminal(args, folder.path)
  for (const args of [
    ['--serve'],
    ['photos', '--help'],
    ['-V'],
    ['status'],
    ['--data', 'x', 'download', 'a', 'b'],
    ['downlod', 'a'],
  ])
    expect([args, asked(...args)]).toEqual([args, true])
  for (const args of [
    [],
    ['photos'],
    ['--data', 'status'],
    ['--no-sandbox', 'photos'],
    ['./gone'],
    ['/no/such/folder'],
    ['a.png'],
    ['pictograph://dataset/1'],
  ])
    expect([args, asked(...args)]).toEqual([args, false])
})
