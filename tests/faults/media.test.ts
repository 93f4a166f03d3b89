import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'

/** The library whose symbols Electron contains on Linux; null if this machine has none. */
function systemGObject(): string | null {
  if (process.platform !== 'linux') return null
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' })
  return stdout?.includes('libgobject-2.0.so.0') ? 'libgobject-2.0.so.0' : null
}

/** Photos in common variants: rotated, grey, deep, transparent, animated. */
async function writePictures(folder: string): Promise<string[]> {
  const picture = (width: number, height: number) =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: '#336699',
        noise: { type: 'gaussian', mean: 120, sigma: 40 },
      },
    })
  const files = {
    'turned.jpg': picture(400, 300).withMetadata({ orientation: 6 }).jpeg(),
    'plain.png': picture(300, 500).png(),
    'grey.png': picture(300, 200).greyscale().png(),
    'deep.tiff': picture(200, 200).toColourspace('grey16').tiff(),
    'page.webp': picture(640, 120).webp(),
    'small.gif': picture(30, 20).gif(),
    'modern.avif': picture(120, 90).avif(),
  }
  for (const [name, image] of Object.entries(files)) await image.toFile(join(folder, name))
  return Object.keys(files)
}

const gobject = systemGObject()

test.skipIf(gobject === null)(
  'in Electron on Linux, pictures are read without touching the GObject that Electron brings',
  { timeout: 120_000 },
  async () => {
    using folder = temporaryFolder()
    using cache = temporaryFolder()
    const names = await writePictures(folder.path)
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--import',
        join(import.meta.dirname, '../helpers/as-electron.ts'),
        join(import.meta.dirname, 'media-child.ts'),
        folder.path,
        cache.path,
        ...names,
      ],
      // Preloading the library gives its symbols precedence over sharp's own, as inside Electron.
      { encoding: 'utf8', env: { ...process.env, LD_PRELOAD: gobject ?? '' } },
    )
    expect(stderr.match(/CRITICAL|assertion .* failed/g) ?? []).toEqual([])
    const { read, isWebAssembly } = JSON.parse(stdout)
    expect(isWebAssembly).toBe(true)
    expect(read).toHaveLength(names.length)
    for (const { name, problem, whole, cut, width, height, inThread } of read) {
      expect({ name, problem, whole, cut }).toEqual({
        name,
        problem: null,
        whole: true,
        cut: false,
      })
      expect(inThread).toEqual([width, height])
    }
    expect(read[0]).toMatchObject({ name: 'turned.jpg', width: 300, height: 400 })
  },
)
