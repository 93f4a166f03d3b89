import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { secretFile } from './secret-file.ts'

const plain = {
  encrypt: async (value: string) => value,
  decrypt: async (stored: string) => stored,
  warning: async () => null,
}

test('an unreadable file is an error, and loses no secret', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'secrets.json')
  const secrets = secretFile(file, plain)
  await secrets.set('one', 'a')
  // A folder in its place gives EISDIR even to root, like EIO of a failing disk.
  const aside = `${file}.aside`
  renameSync(file, aside)
  mkdirSync(file)
  await expect(secrets.get('one')).rejects.toThrow(/secrets\.json cannot be read/)
  await expect(secrets.set('two', 'b')).rejects.toThrow(/secrets\.json cannot be read/)
  rmdirSync(file)
  renameSync(aside, file)
  await secrets.set('two', 'b')
  expect([await secrets.get('one'), await secrets.get('two')]).toEqual(['a', 'b'])
})

test('a corrupt file counts as empty, and is kept beside the new one', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'secrets.json')
  writeFileSync(file, '{"one": "a"')
  const secrets = secretFile(file, plain)
  expect(await secrets.get('one')).toBeNull()
  await secrets.set('two', 'b')
  expect(await secrets.get('two')).toBe('b')
  const [spoiled] = readdirSync(folder.path).filter((name) => name.includes('spoiled'))
  expect(readFileSync(join(folder.path, spoiled), 'utf8')).toBe('{"one": "a"')
})

test('concurrent changes do not overwrite each other', async () => {
  using folder = temporaryFolder()
  const secrets = secretFile(join(folder.path, 'secrets.json'), plain)
  await Promise.all(['a', 'b', 'c'].map((name) => secrets.set(name, name)))
  await secrets.delete('b')
  expect(await Promise.all(['a', 'b', 'c'].map((name) => secrets.get(name)))).toEqual([
    'a',
    null,
    'c',
  ])
})
