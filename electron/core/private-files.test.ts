import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { nodePorts } from '#hosts/host-node/node-ports.ts'
import { openInBrowser } from '#hosts/host-node/open-in-browser.ts'
import { serve } from '#hosts/host-node/server.ts'
import { openCore, temporaryFolder, testPorts, writeImage } from '#tests/helpers/core.ts'

/** The access that others have to a folder and everything in it. */
function openToOthers(folder: string): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(folder, name),
  )
  return [folder, ...paths].filter((path) => {
    const info = lstatSync(path)
    return !info.isSymbolicLink() && (info.mode & 0o077) !== 0
  })
}

const silent = { info: () => {}, warn: () => {}, error: () => {} }

test.skipIf(process.platform === 'win32')(
  'whatever the app keeps is its owner’s alone from the beginning',
  async () => {
    using folder = temporaryFolder()
    const images = join(folder.path, 'images')
    const dataDir = join(folder.path, 'a', 'data')
    mkdirSync(images)
    await writeImage(join(images, 'a.png'))
    await using core = openCore(
      nodePorts(join(import.meta.dirname, '../..'), '0.0.0', dataDir, silent),
    )
    core.ports.log.error('begun')
    await core.ports.secrets.set('key', 'value')
    const dataset = await core.openFolder(images)
    await core.library.settled(dataset.id)
    const [image] = core.images.list(dataset.id)
    await core.media(new Request(`http://local/media/thumbnail/${image.id}?width=20`))
    await core.library.sampleFolder()
    const { stageId } = await core.stages.create()
    await core.stages.handle(
      new Request(`http://local/stage/${stageId}/b/c.png`, { method: 'PUT', body: 'x' }),
    )
    await using served = await serve({
      core,
      rendererDir: '',
      ports: [0],
      host: '127.0.0.1',
      onNewAddress: () => {},
    })
    const entered = await fetch(served.url, { redirect: 'manual' })
    const claim = entered.headers.get('location')?.split('claim=')[1]
    await fetch(`http://127.0.0.1:${served.port}/session`, {
      method: 'POST',
      headers: { authorization: `Bearer ${claim}` },
    })
    await openInBrowser(served.url, dataDir, async () => {})
    const names = readdirSync(dataDir)
    for (const name of [
      'library.sqlite',
      'library.sqlite-wal',
      'lock.sqlite',
      'logs',
      'sample',
      'stages',
      'renditions',
      'secrets.json',
      'session.json',
    ])
      expect(names).toContain(name)
    expect(openToOthers(dataDir)).toEqual([])
    expect(lstatSync(images).mode & 0o077).not.toBe(0)
  },
)

test.skipIf(process.platform === 'win32')(
  'what an earlier version left open is closed at the start, and nothing of others is touched',
  async () => {
    using folder = temporaryFolder()
    const dataDir = join(folder.path, 'data')
    const foreign = join(folder.path, 'foreign')
    writeFileSync(foreign, '')
    {
      await using core = openCore(testPorts(dataDir))
      core.settings.write({})
    }
    for (const name of ['logs', 'datasets/x/thumbnails', 'stages/y', 'renditions/ab', 'my own'])
      mkdirSync(join(dataDir, name), { recursive: true })
    for (const name of [
      'logs/pictograph.log',
      'datasets/x/thumbnails/z',
      'stages/y/a.png',
      'my own/list',
    ])
      writeFileSync(join(dataDir, name), '')
    symlinkSync(foreign, join(dataDir, 'logs', 'link'))
    const own = openToOthers(dataDir).filter((path) => !path.includes('my own'))
    for (const path of [...own, dataDir])
      chmodSync(path, lstatSync(path).isDirectory() ? 0o755 : 0o644)
    chmodSync(join(dataDir, 'library.sqlite'), 0o644)
    await using _core = openCore(testPorts(dataDir))
    for (const path of [dataDir, join(dataDir, 'library.sqlite'), join(dataDir, 'logs')])
      expect(lstatSync(path).mode & 0o077).toBe(0)
    await vi.waitFor(() =>
      expect(openToOthers(dataDir).filter((path) => !path.includes('my own'))).toEqual([]),
    )
    expect(lstatSync(foreign).mode & 0o777).toBe(0o644 & ~process.umask())
    expect(lstatSync(join(dataDir, 'my own')).mode & 0o055).not.toBe(0)
  },
)

test('the token is never a program argument', async () => {
  using folder = temporaryFolder()
  const given: string[] = []
  const url = 'http://127.0.0.1:7365/?token=abc'
  await openInBrowser(url, folder.path, async (target) => given.push(target))
  expect(given.join()).not.toContain('abc')
  expect(readFileSync(given[0], 'utf8')).toContain(url)
})
