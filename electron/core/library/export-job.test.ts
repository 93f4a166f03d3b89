import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LossLog } from '#core/formats/loss-log.ts'
import type { ImageMode } from '#shared/model/format.ts'
import { aBox, temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { runExport } from './export-job.ts'
import { OutputFolder } from './output-folder.ts'

async function exported(images: ImageMode, path = 'a.png', mayExist = true) {
  const source = temporaryFolder()
  const target = temporaryFolder()
  if (mayExist) await writeImage(join(source.path, 'a.png'))
  const set = {
    name: 's',
    classes: [{ name: 'car', color: '#e69f00' }],
    images: [{ path, width: 40, height: 30, annotations: [aBox()] }],
  }
  const job = {
    set,
    files: [join(source.path, path)],
    folder: join(target.path, 'out'),
    format: 'coco' as const,
    images,
    options: { clampToImage: false, vocPixelOrigin: 0 as const },
  }
  const losses = new LossLog()
  const run = async () => {
    const steps = []
    for await (const step of runExport(job, losses)) steps.push(step)
    return steps.at(-1)
  }
  return {
    run,
    losses,
    source: join(source.path, 'a.png'),
    out: job.folder,
    [Symbol.dispose]() {
      source[Symbol.dispose]()
      target[Symbol.dispose]()
    },
  }
}

describe('an export', () => {
  test.each(['copy', 'none'] as const)(
    'does not follow a planted link (images: %s)',
    async (mode) => {
      using run = await exported(mode)
      using elsewhere = temporaryFolder()
      mkdirSync(run.out)
      for (const name of ['images', 'annotations']) symlinkSync(elsewhere.path, join(run.out, name))
      await expect(run.run()).rejects.toThrow(/link to another place/)
      expect(readdirSync(elsewhere.path)).toEqual([])
    },
  )

  test('refuses a path of thousands of directories', async () => {
    using folder = temporaryFolder()
    await using output = new OutputFolder(folder.path)
    for (const depth of [5_000, 75_000])
      await expect(
        output.write({ path: `${'d/'.repeat(depth)}a.txt`, content: 'x' }),
      ).rejects.toThrow(/too long for any disk/)
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('stops when its folder is replaced by a link meanwhile', async () => {
    using folder = temporaryFolder()
    using elsewhere = temporaryFolder()
    const out = join(folder.path, 'out')
    await using output = new OutputFolder(out)
    await output.write({ path: 'labels/a.txt', content: 'x' })
    await output.write({ path: 'labels/long.txt', content: 'x', more: true })
    renameSync(join(out, 'labels'), join(folder.path, 'moved'))
    symlinkSync(elsewhere.path, join(out, 'labels'))
    for (const path of ['labels/b.txt', 'labels/long.txt'])
      await expect(output.write({ path, content: 'y' })).rejects.toThrow(/replaced by another/)
    const source = join(folder.path, 'source')
    writeFileSync(source, 'z')
    await expect(output.copy(source, output.claim('labels/c.png'), 'copy')).rejects.toThrow(
      /replaced by another/,
    )
    expect(readdirSync(elsewhere.path)).toEqual([])
  })
})

describe('exporting images along', () => {
  test('a link is the same file, a copy is another file with the same bytes', async () => {
    using linked = await exported('link')
    await linked.run()
    const there = join(linked.out, 'images/a.png')
    expect(statSync(there).ino).toBe(statSync(linked.source).ino)
    // Export onto itself: nothing is lost, and no extra file is left.
    await linked.run()
    expect(readdirSync(join(linked.out, 'images'))).toEqual(['a.png'])

    using copied = await exported('copy')
    await copied.run()
    const copy = join(copied.out, 'images/a.png')
    expect(statSync(copy).ino).not.toBe(statSync(copied.source).ino)
    expect(readFileSync(copy)).toEqual(readFileSync(copied.source))
  })

  test('a missing image is reported, and its labels are still written', async () => {
    using job = await exported('copy', 'a.png', false)
    expect(await job.run()).toMatchObject({ type: 'done', report: { annotations: 1 } })
    expect(job.losses.report()[0].message).toContain('missing')
  })

  test('nothing is written outside the folder, and an existing file is replaced completely', async () => {
    using job = await exported('copy', '../../escape.png')
    await expect(job.run()).rejects.toThrow(/outside/)
    using again = await exported('none')
    await again.run()
    const file = join(again.out, 'annotations/instances_default.json')
    writeFileSync(file, 'something longer that was here before')
    await again.run()
    expect(JSON.parse(readFileSync(file, 'utf8')).annotations).toHaveLength(1)
    expect(readdirSync(join(again.out, 'annotations'))).toEqual(['instances_default.json'])
  })
})

test('two images that would be one file are told, and neither takes the other’s place', async () => {
  using source = temporaryFolder()
  using target = temporaryFolder()
  await writeImage(join(source.path, 'b.png'))
  const image = { width: 40, height: 30, annotations: [aBox()] }
  const job = {
    set: {
      name: 's',
      classes: [],
      images: [
        { path: 'b.png', ...image },
        { path: './b.png', ...image },
      ],
    },
    files: [join(source.path, 'b.png'), join(source.path, 'b.png')],
    folder: join(target.path, 'out'),
    format: 'pictograph' as const,
    images: 'copy' as const,
    options: { clampToImage: false, vocPixelOrigin: 0 as const },
  }
  const run = async () => {
    for await (const _step of runExport(job, new LossLog())) {
      // Progress is of no interest here.
    }
  }
  await expect(run()).rejects.toThrow('Two files of this export would be')
})
