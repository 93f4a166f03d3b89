import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { cloudCore, seededEmulator } from '#tests/helpers/cloud.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { download, filesIn, STREET, upload } from '#tests/helpers/transfers.ts'

async function onFolder() {
  const service = await seededEmulator()
  const cloud = await cloudCore(service.emulator)
  const folder = temporaryFolder()
  const [first, second] = cloud.list()
  const at = (path: string) => join(folder.path, path)
  const write = (path: string, content: string) => {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), content)
  }
  return {
    cloud,
    emulator: service.emulator,
    folder: folder.path,
    first: first.path,
    second: second.path,
    write,
    text: (path: string) => readFileSync(at(path), 'utf8'),
    download: (options = {}) => download(cloud, service.emulator, folder.path, options),
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

const besideOf = (path: string) => path.replace(/(\.[^.]*)$/, ' (service)$1')

test('a user’s files stay, and the service’s version is written beside them once', async () => {
  await using set = await onFolder()
  const { first, second, write, text } = set
  write(first, 'my own, unrelated file')
  const before = await set.download()
  expect(before).toMatchObject({ state: 'done', files: { done: 24, failed: 0 } })
  expect(text(first)).toBe('my own, unrelated file')
  expect(statSync(join(set.folder, besideOf(first))).size).toBeGreaterThan(100)
  // Its labels go with it.
  expect(text(`${besideOf(first)}.json`)).toContain('annotations')
  expect(before.report.join('\n')).toContain(`is called “${besideOf(first)}” here`)
  // Edited after the download.
  const labels = `${second}.json`
  write(labels, text(labels).replace('{', '{ "mine": 1,'))
  const edited = text(labels)
  const again = await set.download()
  expect(again).toMatchObject({ state: 'done', files: { skipped: 24 } })
  expect(text(labels)).toBe(edited)
  expect(text(besideOf(labels))).not.toContain('mine')
  expect(again.report.join('\n')).toContain(`“${labels}” was changed here and stays`)
  const files = filesIn(set.folder)
  await set.download()
  expect(filesIn(set.folder)).toEqual(files)
})

test('an identical existing image gets no second copy', async () => {
  await using set = await onFolder()
  await set.download({ what: 'images_only' })
  const bytes = readFileSync(join(set.folder, set.first))
  using elsewhere = temporaryFolder()
  const copy = join(elsewhere.path, set.first)
  mkdirSync(dirname(copy), { recursive: true })
  writeFileSync(copy, bytes)
  await download(set.cloud, set.emulator, elsewhere.path, { what: 'images_only' })
  expect(filesIn(elsewhere.path)).toHaveLength(24)
  expect(readFileSync(copy).equals(bytes)).toBe(true)
})

test.each(['coco', 'yolo'] as const)('changed files of a format stay: %s', async (layout) => {
  await using set = await onFolder()
  await set.download({ layout })
  const own = filesIn(set.folder).find((name) => /annotations.*json$|data\.yaml$/.test(name)) ?? ''
  set.write(own, `${set.text(own)} `)
  const image = filesIn(set.folder).find((name) => /\.(jpe?g|png|webp)$/.test(name)) ?? ''
  set.write(image, 'drawn over')
  const edited = set.text(own)
  const again = await set.download({ layout })
  expect(again.state).toBe('done')
  expect(set.text(own)).toBe(edited)
  expect(set.text(image)).toBe('drawn over')
  expect(filesIn(set.folder)).toContain(besideOf(image))
  // The labels refer to the service's image by its local name.
  const labels = set.text(besideOf(own))
  if (layout === 'coco') expect(labels).toContain(besideOf(image).split('/').at(-1))
})

test('they are skipped or replaced if the user chose that', async () => {
  await using set = await onFolder()
  set.write(set.first, 'mine')
  const left = await set.download({ onChanged: 'skip' })
  expect(left).toMatchObject({ state: 'failed', files: { failed: 1, done: 23 } })
  expect(set.text(set.first)).toBe('mine')
  expect(set.cloud.core.transfers.failures(left.id)[0].problem).toContain('It was kept')
  // An unfinished download leaves nothing of ours.
  expect(filesIn(set.folder).filter((name) => name.includes('.pictograph-'))).toEqual([])
  const replaced = await set.download({ onChanged: 'replace' })
  expect(replaced.state).toBe('done')
  expect(set.text(set.first)).not.toBe('mine')
})

test('a failed file leaves no temporary folder among the user’s files', async () => {
  await using set = await onFolder()
  const { state, faults } = set.emulator
  const { object } = state.imageAt(state.dataset(STREET), set.first)
  faults.add({
    match: `STORAGE GET /${object}$`,
    times: 1_000,
    fault: { kind: 'status', status: 404 },
  })
  const failed = await set.download({ layout: 'coco' })
  expect(failed.files).toMatchObject({ failed: 1, done: 23 })
  expect(filesIn(set.folder).filter((name) => name.includes('.pictograph-'))).toEqual([])
})

test('a truncated image is not uploaded, because no download would accept it', async () => {
  await using set = await onFolder()
  await set.download({ what: 'images_only' })
  using cut = temporaryFolder()
  const bytes = readFileSync(join(set.folder, set.first))
  writeFileSync(join(cut.path, 'cut.jpg'), bytes.subarray(0, bytes.length - 200))
  writeFileSync(join(cut.path, 'whole.jpg'), bytes)
  const sent = await upload(set.cloud, set.emulator, [cut.path])
  expect(sent).toMatchObject({ state: 'failed', files: { done: 1, failed: 1 } })
  expect(set.cloud.core.transfers.failures(sent.id)).toMatchObject([
    { problem: expect.stringContaining('ends early') },
  ])
})
