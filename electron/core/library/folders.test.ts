import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { coreWithImages, draw, temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { scanFolder } from './scan.ts'

async function scanned(root: string) {
  const paths: string[] = []
  const problems: string[] = []
  for await (const batch of scanFolder(root)) {
    paths.push(...batch.files.map(({ path }) => path))
    problems.push(...batch.problems)
  }
  return { paths: paths.sort(), problems }
}

describe('scanning', () => {
  test('finds images in subfolders, and nothing else', async () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'a/b'), { recursive: true })
    mkdirSync(join(folder.path, '.cache'))
    for (const name of [
      '1.JPG',
      'a/2.png',
      'a/b/3.heic',
      'a/notes.txt',
      '.cache/4.jpg',
      '.hidden.jpg',
    ])
      writeFileSync(join(folder.path, name), '')
    expect(await scanned(folder.path)).toEqual({
      paths: ['1.JPG', 'a/2.png', 'a/b/3.heic'],
      problems: [],
    })
  })

  test('walks a loop of links once', async () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'a'))
    writeFileSync(join(folder.path, 'a/1.jpg'), '')
    symlinkSync(folder.path, join(folder.path, 'a/loop'))
    expect(await scanned(folder.path)).toEqual({ paths: ['a/1.jpg'], problems: [] })
  })

  // Permissions do not apply to root, so the test drops root temporarily.
  test.skipIf(process.platform === 'win32')(
    'names a folder without permission and goes on',
    async () => {
      using folder = temporaryFolder()
      writeFileSync(join(folder.path, '1.jpg'), '')
      mkdirSync(join(folder.path, 'secret'))
      const { chmodSync } = await import('node:fs')
      chmodSync(folder.path, 0o755)
      chmodSync(join(folder.path, 'secret'), 0o000)
      const isRoot = process.geteuid?.() === 0
      if (isRoot) process.seteuid?.(65534)
      try {
        const { paths, problems } = await scanned(folder.path)
        expect(paths).toEqual(['1.jpg'])
        expect(problems).toEqual([expect.stringMatching(/secret: Permission denied/)])
      } finally {
        if (isRoot) process.seteuid?.(0)
        chmodSync(join(folder.path, 'secret'), 0o755)
      }
    },
  )

  test('a missing folder gives a readable error', async () => {
    await expect(scanned('/no/such/folder')).rejects.toThrow('/no/such/folder: Not found')
  })
})

describe('an open folder', () => {
  test('shows files added, changed and removed on disk, and keeps the labels of missing ones', async () => {
    await using setup = await coreWithImages(['1.png', '2.png'])
    const { folder, list, core } = setup
    const labelled = list()[0]
    draw(core, labelled.id)
    await writeImage(join(folder, '3.png'), 64, 48)
    await vi.waitFor(
      () => expect(list().map(({ path, width }) => [path, width])).toContainEqual(['3.png', 64]),
      5000,
    )
    await writeImage(join(folder, '2.png'), 100, 50)
    await vi.waitFor(() => expect(list()[1]).toMatchObject({ path: '2.png', width: 100 }), 5000)
    rmSync(join(folder, '1.png'))
    rmSync(join(folder, '3.png'))
    await vi.waitFor(
      () =>
        expect(list().map(({ path, missing }) => [path, missing])).toEqual([
          ['1.png', true],
          ['2.png', false],
        ]),
      5000,
    )
    await writeImage(join(folder, '1.png'))
    await vi.waitFor(
      () =>
        expect(list()[0]).toMatchObject({ id: labelled.id, missing: false, annotationCount: 1 }),
      5000,
    )
  })

  test('can be relocated without losing a label', async () => {
    await using setup = await coreWithImages(['1.png'])
    const { folder, core, datasetId, list } = setup
    const annotation = draw(core, list()[0].id)
    const moved = `${folder}-moved`
    await core.library.folders.close(datasetId)
    renameSync(folder, moved)
    expect((await core.library.folders.open(datasetId)).missing).toBe(true)
    expect(list()).toHaveLength(1)
    const found = await core.library.folders.relocate(datasetId, moved)
    await core.library.settled(datasetId)
    expect(found).toMatchObject({ id: datasetId, missing: false, root: moved })
    expect(list()[0].missing).toBe(false)
    expect(core.edits.annotations(list()[0].id).annotations).toEqual([annotation])
    await core.library.folders.close(datasetId)
    rmSync(moved, { recursive: true })
  })

  test('is the same dataset when opened again', async () => {
    await using setup = await coreWithImages(['1.png'])
    expect((await setup.core.openFolder(setup.folder)).id).toBe(setup.datasetId)
  })
})
