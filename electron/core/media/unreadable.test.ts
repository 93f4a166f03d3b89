import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { coreWithImages } from '#tests/helpers/core.ts'

const CHILD = join(import.meta.dirname, '../../../tests/faults/few-files-child.ts')

test.skipIf(process.platform === 'win32')(
  'a process that may open no more files answers in words',
  { timeout: 60_000 },
  () => {
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', `ulimit -n 400; exec "${process.execPath}" "${CHILD}"`],
      { encoding: 'utf8' },
    )
    const answer = JSON.parse(stdout || `{"stderr":${JSON.stringify(stderr)}}`)
    expect(answer.taken).toBeGreaterThan(100)
    expect(answer).toMatchObject({
      status: 422,
      text: expect.stringMatching(/Too many files are open/),
    })
  },
)

test.each([
  ['is gone', (file: string) => rmSync(file), /Not found/],
  [
    'has become a folder',
    (file: string) => {
      rmSync(file)
      mkdirSync(file)
    },
    /folder, not a file/,
  ],
])('a picture that %s is answered in words', async (_name, spoil, words) => {
  await using setup = await coreWithImages(['a.png'])
  const [image] = setup.list()
  spoil(join(setup.folder, 'a.png'))
  for (const kind of ['image', 'thumbnail']) {
    const response = await setup.core.media(new Request(`http://x/media/${kind}/${image.id}`))
    expect(response.status).toBe(422)
    expect(await response.text()).toMatch(kind === 'image' ? words : /\w+ \w+/)
  }
})

test.runIf(process.platform === 'linux')('pictures leave no open files behind', async () => {
  await using setup = await coreWithImages(['a.png'])
  const [image] = setup.list()
  const address = `http://x/media/image/${image.id}`
  const open = () => readdirSync('/proc/self/fd').length
  await (await setup.core.media(new Request(address))).arrayBuffer()
  const before = open()
  for (let n = 0; n < 50; n++) {
    const etag = (await setup.core.media(new Request(address, { method: 'HEAD' }))).headers.get(
      'etag',
    )
    const asked: Record<string, string>[] = [
      {},
      { range: 'bytes=0-5' },
      { range: 'bytes=99999999-' },
      { 'if-none-match': etag ?? '' },
    ]
    for (const headers of asked) {
      const response = await setup.core.media(new Request(address, { headers }))
      await response.body?.cancel()
    }
  }
  await expect.poll(open).toBeLessThan(before + 10)
})
