import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { writeZip } from '#tests/helpers/zip.ts'
import { eachZipEntry } from './zip-file.ts'

async function archive(folder: string): Promise<string> {
  const file = join(folder, 'a.zip')
  const names = Array.from({ length: 100 }, (_, index) => `${index}.txt`)
  await writeZip(file, Object.fromEntries(names.map((name) => [name, Buffer.from(name)])))
  return file
}

test('every file is read before the archive is closed', async () => {
  using folder = temporaryFolder()
  const read: string[] = []
  await eachZipEntry(await archive(folder.path), 16, async (entry) => {
    // Later than the walk through the directory, which is over at once.
    await setImmediate()
    read.push((await entry.bytes()).toString())
  })
  expect(read).toHaveLength(100)
})

test.each([0, 50, 99])(
  'what fails on file %i fails the whole, whenever it does',
  async (number) => {
    using folder = temporaryFolder()
    const file = await archive(folder.path)
    const fault = new Error('stopped')
    const work = eachZipEntry(file, 16, async ({ name }) => {
      await setImmediate()
      if (name === `${number}.txt`) throw fault
    })
    await expect(work).rejects.toBe(fault)
  },
)
