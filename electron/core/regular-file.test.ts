import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { diskFile } from './disk-file.ts'
import { readRegularFile } from './regular-file.ts'

const isWindows = process.platform === 'win32'

test('a regular file is read, also by a link, up to its limit', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'a.json')
  writeFileSync(file, 'hello')
  symlinkSync(file, join(folder.path, 'link.json'))
  expect(String(await readRegularFile(join(folder.path, 'link.json'), 5))).toBe('hello')
  await expect(readRegularFile(file, 4)).rejects.toMatchObject({ reason: 'not_a_file' })
})

test.skipIf(isWindows)('a device, a pipe and a folder are refused at once', async () => {
  using folder = temporaryFolder()
  const pipe = join(folder.path, 'pipe.json')
  execFileSync('mkfifo', [pipe])
  const zero = join(folder.path, 'zero.json')
  symlinkSync('/dev/zero', zero)
  mkdirSync(join(folder.path, 'folder.json'))
  for (const path of [pipe, zero, join(folder.path, 'folder.json')]) {
    await expect(readRegularFile(path, 1e6)).rejects.toThrow('is no regular file')
    expect(() => diskFile('x.json', path).bytes()).toThrow('is no regular file')
    expect(() => diskFile('x.json', path).bytes(0, 10)).toThrow('is no regular file')
    expect(() => diskFile('x.json', path).size).toThrow('is no regular file')
  }
})
