import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import {
  aBox,
  draw,
  openCore,
  temporaryFolder,
  testPorts,
  writeImage,
} from '#tests/helpers/core.ts'

const IMAGES = 100

/** A slow disk. */
vi.mock('#core/atomic-file.ts', async (original) => {
  const real = await original<typeof import('#core/atomic-file.ts')>()
  return {
    ...real,
    writeFileAtomic: async (...given: Parameters<typeof real.writeFileAtomic>) => {
      await new Promise((next) => setTimeout(next, 30))
      return real.writeFileAtomic(...given)
    },
  }
})

test('the app closes within two seconds, writes edits first, and the rest at the next start', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, '0.png'))
  for (let i = 1; i < IMAGES; i++)
    copyFileSync(join(folder.path, '0.png'), join(folder.path, `${i}.png`))
  const core = openCore(testPorts(data.path))
  const { id } = await core.openFolder(folder.path)
  await core.library.settled(id)
  const images = core.images.list(id)
  for (const image of images) draw(core, image.id)
  await core.setLabelFiles(id, { format: 'labelme', folder: null })
  const last = images[IMAGES - 1]
  draw(core, last.id, aBox('car', 20))
  const fileOf = ({ path }: { path: string }) => join(folder.path, path.replace(/\.png$/, '.json'))
  const began = performance.now()
  await core[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(existsSync(fileOf(last))).toBe(true)

  await using again = openCore(testPorts(data.path))
  await again.openDataset(id)
  await again.library.settled(id)
  // Reading begins after the scan, in a later turn.
  const missing = () => images.filter((image) => !existsSync(fileOf(image)))
  await vi.waitFor(() => expect(missing()).toEqual([]), { timeout: 20_000, interval: 100 })
  await again.labelFiles.idle()
  expect(again.edits.annotations(last.id).annotations).toHaveLength(2)
})
