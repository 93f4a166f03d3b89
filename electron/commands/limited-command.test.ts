import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { inLimits } from './limited-command.ts'

/** `count` images with an outline of many points each, as COCO. */
function cocoOf(count: number): string {
  const outline = Array.from({ length: 2_000 }, (_, index) => index % 90)
  return JSON.stringify({
    images: Array.from({ length: count }, (_, id) => ({
      ...{ id, file_name: `${id}.jpg`, width: 100, height: 100 },
    })),
    categories: [{ id: 1, name: 'car' }],
    annotations: Array.from({ length: count }, (_, id) => ({
      ...{ id, image_id: id, category_id: 1, iscrowd: 0, area: 9 },
      ...{ bbox: [0, 0, 90, 90], segmentation: [outline] },
    })),
  })
}

const TO_LABELME = { to: 'labelme', images: 'none', json: true }

test('convert and check run in a process of their own, and answer with its exit code', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'a.json'), cocoOf(2))
  const convert = { command: 'convert' as const, input: 'a.json', output: 'out' }
  expect(await inLimits({ ...convert, values: TO_LABELME }, folder.path)).toBe(0)
  expect(readdirSync(join(folder.path, 'out')).sort()).toEqual(['0.json', '1.json'])
  const check = { command: 'check' as const, input: 'a.json', values: { json: true } }
  expect(await inLimits(check, folder.path)).toBe(1)
  expect(await inLimits({ ...check, input: 'nowhere' }, folder.path)).toBe(2)
})

test('what takes more memory than it may is ended and named', async () => {
  using folder = temporaryFolder()
  const shapes = `${'{},'.repeat(3_000_000)}{}`
  writeFileSync(
    join(folder.path, 'huge.json'),
    `{"imagePath":"a.jpg","version":"5","shapes":[${shapes}]}`,
  )
  const check = { command: 'check' as const, input: 'huge.json', values: {} }
  await expect(inLimits(check, folder.path, { memoryBytes: 250e6 })).rejects.toThrow(
    /^huge\.json takes more memory than reading labels may \(250 MB\)/,
  )
})

/** The process that was given this folder, as Linux lists it. */
const pidOf = (folder: string): number | undefined =>
  readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      if (!(pid > 0) || pid === process.pid) return false
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return line.includes('label-job') && line.includes(folder)
      } catch {
        return false
      }
    })

test.skipIf(process.platform !== 'linux')(
  'what gets on no more is ended in the middle of writing, and leaves no partial file',
  async () => {
    using folder = temporaryFolder()
    const out = join(folder.path, 'out')
    mkdirSync(out)
    writeFileSync(join(folder.path, 'a.json'), cocoOf(3_000))
    // COCO is written as one file, which is partial until the last image.
    const values = { to: 'coco', images: 'none' }
    const command = { command: 'convert' as const, input: 'a.json', output: 'out', values }
    const partial = () =>
      readdirSync(out, { recursive: true }).filter((name) => String(name).endsWith('.part'))
    let stopped = 0
    const look = setInterval(() => {
      const pid = stopped === 0 && partial().length > 0 ? pidOf(folder.path) : undefined
      if (pid === undefined) return
      process.kill(pid, 'SIGSTOP')
      stopped = partial().length
    }, 2)
    try {
      const ended = inLimits(command, folder.path, { stepMs: 5_000 })
      await expect(ended).rejects.toThrow('a.json could not be read within 5 s')
    } finally {
      clearInterval(look)
    }
    expect(stopped).toBe(1)
    expect(partial()).toEqual([])
  },
)
