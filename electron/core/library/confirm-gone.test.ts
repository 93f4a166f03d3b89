import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCore, temporaryFolder, testPorts, writeImage } from '#tests/helpers/core.ts'

/** A folder with `a.png` and `cam/b.png` is opened, changed, and opened again. */
async function opened() {
  const data = temporaryFolder()
  const root = temporaryFolder()
  mkdirSync(join(root.path, 'cam'))
  await writeImage(join(root.path, 'a.png'))
  await writeImage(join(root.path, 'cam', 'b.png'))
  const core = openCore(testPorts(data.path))
  const { id } = await core.openFolder(root.path)
  await core.library.settled(id)
  return {
    core,
    datasetId: id,
    root: root.path,
    async lookAgain() {
      const problems: string[] = []
      using _listening = core.events.on((event) => {
        if (event.type === 'scan' && event.state === 'done') problems.push(...event.problems)
      })
      await core.openDataset(id)
      await core.library.settled(id)
      const isMissing = (path: string) => core.images.findByPath(id, path)?.missing
      return { missing: ['a.png', 'cam/b.png'].filter(isMissing), problems }
    },
    async [Symbol.asyncDispose]() {
      await core[Symbol.asyncDispose]()
      root[Symbol.dispose]()
      data[Symbol.dispose]()
    },
  }
}

test('a file that was looked for and does not exist is missing', async () => {
  await using setup = await opened()
  rmSync(join(setup.root, 'cam', 'b.png'))
  expect((await setup.lookAgain()).missing).toEqual(['cam/b.png'])
})

test('a renamed folder keeps its images', async () => {
  await using setup = await opened()
  renameSync(join(setup.root, 'cam'), join(setup.root, 'camera'))
  expect((await setup.lookAgain()).missing).toEqual(['cam/b.png'])
})

test('an empty mount point says nothing about its images', async () => {
  await using setup = await opened()
  for (const name of readdirSync(setup.root))
    rmSync(join(setup.root, name), { recursive: true, force: true })
  const { missing, problems } = await setup.lookAgain()
  expect(missing).toEqual([])
  expect(problems.join()).toContain('is empty')
})

test('the last image of a folder is missing if the system reported its deletion', async () => {
  await using setup = await opened()
  rmSync(join(setup.root, 'cam'), { recursive: true })
  rmSync(join(setup.root, 'a.png'))
  const { datasetId } = setup
  await expect
    .poll(() =>
      ['a.png', 'cam/b.png'].map((path) => setup.core.images.findByPath(datasetId, path)?.missing),
    )
    .toEqual([true, true])
})

test('a link to a disconnected drive says nothing about its files', async () => {
  await using setup = await opened()
  using drive = temporaryFolder()
  renameSync(join(setup.root, 'cam'), join(drive.path, 'cam'))
  symlinkSync(join(drive.path, 'cam'), join(setup.root, 'cam'))
  expect((await setup.lookAgain()).missing).toEqual([])
  renameSync(join(drive.path, 'cam'), join(drive.path, 'away'))
  const { missing, problems } = await setup.lookAgain()
  expect(missing).toEqual([])
  expect(problems.join()).toContain('broken link')
})

/** Root may read everything, so the process temporarily becomes another user. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    return await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

test.skipIf(process.platform === 'win32')(
  'an unreadable folder keeps its images and is reported',
  async () => {
    await using setup = await opened()
    const { confirmGone } = await import('./confirm-gone.ts')
    chmodSync(setup.root, 0o755)
    chmodSync(join(setup.root, 'cam'), 0o000)
    try {
      const { gone, problem } = await asNobody(() =>
        confirmGone(setup.root, ['cam/b.png', 'never.png']),
      )
      expect(gone).toEqual(['never.png'])
      expect(problem).toContain('1 images could not')
    } finally {
      chmodSync(join(setup.root, 'cam'), 0o755)
    }
  },
)
