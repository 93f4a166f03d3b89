import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { fileSecrets } from '#hosts/host-node/node-ports.ts'
import { seededEmulator } from '#tests/helpers/cloud.ts'
import { openCore, temporaryFolder, testPorts, writeImage } from '#tests/helpers/core.ts'

const ROOT = join(import.meta.dirname, '../..')
const STREET = 'street scenes'

/** The service runs in this process, so the command runs in another. */
async function run(dataDir: string, env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/dev-core.mjs'), ...args], {
    env: { PATH: process.env.PATH, PICTOGRAPH_DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { status, stdout, stderr }
}

test('download and upload report what was done, and do nothing twice', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  using data = temporaryFolder()
  using work = temporaryFolder()
  const env = { PICTOGRAPH_API_KEY: 'pk_live_member', PICTOGRAPH_BASE_URL: emulator.url }
  const out = join(work.path, 'out')
  const down = () =>
    run(data.path, env, 'download', STREET, out, '--format', 'yolo', '--stage', 'new', '--json')
  const first = await down()
  expect(first.stderr).toBe('')
  expect(first.status).toBe(0)
  expect(JSON.parse(first.stdout)).toMatchObject({
    kind: 'download',
    dataset: STREET,
    state: 'done',
    files: { failed: 0 },
    failures: [],
  })
  expect(readFileSync(join(out, 'data.yaml'), 'utf8')).toContain('names')
  const again = JSON.parse((await down()).stdout)
  expect(again.files.done).toBe(0)

  const photos = join(work.path, 'photos')
  mkdirSync(photos)
  for (const name of ['a.png', 'b.png']) await writeImage(join(photos, name))
  const up = () => run(data.path, env, 'upload', photos, 'harbour', '--create')
  expect(await up()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('harbour: 2 files uploaded'),
  })
  expect(await up()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('harbour: 0 files uploaded, 2 there already'),
  })
  expect(emulator.state.images(emulator.state.dataset('harbour').id)).toHaveLength(2)
  // The key is not stored on disk.
  const files = readdirSync(data.path, { recursive: true, withFileTypes: true })
  for (const file of files.filter((entry) => entry.isFile()))
    expect(readFileSync(join(file.parentPath, file.name), 'latin1')).not.toContain('pk_live_member')
}, 60_000)

test('the same command starts over if the download’s folder was deleted', async () => {
  await using service = await seededEmulator()
  using data = temporaryFolder()
  using work = temporaryFolder()
  const env = { PICTOGRAPH_API_KEY: 'pk_live_member', PICTOGRAPH_BASE_URL: service.emulator.url }
  const out = join(work.path, 'out')
  const { object } = service.emulator.state.images(service.emulator.state.dataset(STREET).id)[3]
  const fault = { kind: 'status' as const, status: 404 }
  service.emulator.faults.add({ match: `STORAGE GET /${object}$`, times: 1_000, fault })
  const down = () => run(data.path, env, 'download', STREET, out, '--json')
  const first = await down()
  expect(first).toMatchObject({ status: 1, stderr: '' })
  expect(JSON.parse(first.stdout)).toMatchObject({ state: 'incomplete', files: { failed: 1 } })
  const inWords = await run(data.path, env, 'download', STREET, out)
  expect(inWords).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^street scenes: 23 of 24 files downloaded, 1 failed \(/),
  })
  expect(inWords.stdout).toContain('The same command again tries the failed ones once more.')
  const status = await run(data.path, {}, 'status')
  expect(status.stdout).toContain(`download ${STREET} (${out}): failed, 23 of 24, 1 failed`)
  service.emulator.faults.clear()
  rmSync(out, { recursive: true })
  expect(JSON.parse((await down()).stdout)).toMatchObject({ state: 'done', files: { done: 24 } })
}, 60_000)

test('one object whose connection always breaks off ends the command with 1, and the rest comes', async () => {
  await using service = await seededEmulator()
  const { faults, state } = service.emulator
  using data = temporaryFolder()
  using work = temporaryFolder()
  const env = { PICTOGRAPH_API_KEY: 'pk_live_member', PICTOGRAPH_BASE_URL: service.emulator.url }
  const out = join(work.path, 'out')
  const [bad] = state.images(state.dataset(STREET).id)
  const fault = { kind: 'reset' as const }
  faults.add({ match: `STORAGE GET /${bad.object}$`, times: 1_000_000, fault })
  const down = () => run(data.path, env, 'download', STREET, out)
  const ended = await down()
  expect(ended).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/^street scenes: 23 of 24 files downloaded, 1 failed \(/),
  })
  expect(ended.stdout).toContain(bad.filename)
  faults.clear()
  expect(await down()).toMatchObject({ status: 0 })
}, 60_000)

test('without a key in the environment, an account of the app is used', async () => {
  await using service = await seededEmulator()
  using data = temporaryFolder()
  using work = temporaryFolder()
  const none = await run(data.path, {}, 'download', STREET, work.path)
  expect(none).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Set PICTOGRAPH_API_KEY'),
  })
  {
    await using core = openCore({
      ...testPorts(data.path),
      secrets: fileSecrets(data.path),
    })
    await core.accounts.add(service.emulator.url, 'pk_live_member')
  }
  const only = ['--only', 'annotations', '--account', 'Emulated Organisation']
  const done = await run(data.path, {}, 'download', STREET, work.path, ...only)
  expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('files downloaded') })
}, 60_000)

test('a command that cannot start exits with 2 and says what to do', async () => {
  await using service = await seededEmulator()
  using data = temporaryFolder()
  using work = temporaryFolder()
  const env = { PICTOGRAPH_API_KEY: 'pk_live_member', PICTOGRAPH_BASE_URL: service.emulator.url }
  const cases: [string[], string][] = [
    [['download', STREET], "missing required argument 'folder'"],
    [
      ['download', 'nowhere', work.path],
      'There is no dataset “nowhere” in this account. See: pictograph-desktop datasets',
    ],
    [['upload', work.path, 'nowhere'], 'Add --create to make it'],
    [['download', STREET, work.path, '--stage', 'finished'], 'must be one of “New”, “In progress”'],
    [['upload', join(work.path, 'gone'), STREET], 'does not exist'],
    [['upload', work.path, STREET, '--directory', 'a/../b'], 'cannot lead out'],
    [
      ['download', STREET, work.path, '--format', 'jolo'],
      'Allowed choices are files, pictograph, coco',
    ],
    [['download', STREET, work.path, '--connections', '0'], 'from 1 to 256'],
  ]
  for (const [args, words] of cases)
    expect(await run(data.path, env, ...args)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(words),
    })
  const refused = await run(
    data.path,
    { ...env, PICTOGRAPH_API_KEY: 'pk_live_wrong' },
    'download',
    STREET,
    work.path,
  )
  expect(refused).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('does not accept this key'),
  })
}, 60_000)

test('datasets and status list everything and leave nothing behind', async () => {
  await using service = await seededEmulator()
  using data = temporaryFolder()
  const env = { PICTOGRAPH_API_KEY: 'pk_live_member', PICTOGRAPH_BASE_URL: service.emulator.url }
  const nothing = await run(data.path, {}, 'status')
  expect(nothing).toEqual({
    status: 0,
    stdout: 'No accounts, datasets or transfers on this machine.\n',
    stderr: '',
  })
  const listed = await run(data.path, env, 'datasets')
  expect(listed).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^street scenes +24 images +\d+ complete /m),
    stderr: '',
  })
  const asJson = JSON.parse((await run(data.path, env, 'datasets', '--json')).stdout)
  expect(asJson).toContainEqual(expect.objectContaining({ name: STREET, imageCount: 24 }))
  expect(readdirSync(data.path)).toEqual([])
  {
    await using core = openCore({ ...testPorts(data.path), secrets: fileSecrets(data.path) })
    await core.accounts.add(service.emulator.url, 'pk_live_member')
  }
  const status = await run(data.path, {}, 'status')
  expect(status.stdout).toContain('account Emulated Organisation')
  expect(status.stdout).toContain('everything is sent')
}, 60_000)
