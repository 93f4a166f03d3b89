import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { makeFolder, makeFolderSync } from './make-folder.ts'

const both = [makeFolder, async (path: string) => makeFolderSync(path)]

test.each(both)(
  'a folder is made with those above it, and left alone when it is there',
  async (make) => {
    using folder = temporaryFolder()
    const deep = join(folder.path, 'a/b/c')
    await make(deep)
    await make(deep)
    expect(existsSync(deep)).toBe(true)
    await make(folder.path)
  },
)

test.each(both)(
  'a file in the way, and a place where nothing can be made, are errors and no endless try',
  async (make) => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'file')
    writeFileSync(file, '')
    await expect(make(file)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(make(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    if (process.platform === 'linux')
      await expect(make('/proc/pictograph/below')).rejects.toMatchObject({ code: 'ENOENT' })
  },
)

test('two concurrent calls create it once', async () => {
  using folder = temporaryFolder()
  const deep = join(folder.path, 'x/y/z')
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => makeFolder(join(deep, `${index % 3}`))),
  )
  expect(existsSync(join(deep, '2'))).toBe(true)
})
