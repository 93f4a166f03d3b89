import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { AppEvent } from '#shared/contract/events.ts'
import { emptyDataset, seededEmulator } from '#tests/helpers/cloud.ts'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { connectPage, exchange, openAddress } from '#tests/helpers/served-page.ts'
import { KEEP } from '#tests/helpers/transfers.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The served app, as a person starts it. */
function serveApp(dataDir: string, ...more: string[]) {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(ROOT, 'scripts/dev-core.mjs'), '--serve', '--port', '0', '--data', dataDir, ...more],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const exited = once(child, 'exit')
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  /** The address of the n-th run. */
  const address = (run: number) =>
    vi.waitUntil(() => [...output.matchAll(/Serving on (\S+)/g)][run]?.[1], { timeout: 60_000 })
  /** The engine is the only child of its supervisor. */
  const enginePid = () =>
    Number(
      readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0],
    )
  return {
    child,
    exited,
    address,
    enginePid,
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** The first events that a page hears, until `isLast`. */
async function eventsUntil(
  client: Awaited<ReturnType<typeof connectPage>>['client'],
  isLast: (event: AppEvent) => boolean,
): Promise<AppEvent[]> {
  const heard: AppEvent[] = []
  for await (const event of await client.app.events()) {
    heard.push(event)
    if (isLast(event)) return heard
  }
  return heard
}

const isNotice = (event: AppEvent) => event.type === 'notice'

test.skipIf(process.platform !== 'linux')(
  'the served app comes back after a crash, with its folder and transfer set aside and named',
  { timeout: 120_000 },
  async () => {
    using folder = temporaryFolder()
    await using service = await seededEmulator()
    emptyDataset(service.emulator, 'crash-set')
    const photos = join(folder.path, 'photos')
    mkdirSync(photos)
    await writeImage(join(folder.path, 'one.png'), 400, 300)
    for (let n = 0; n < 4_000; n++) linkSync(join(folder.path, 'one.png'), join(photos, `${n}.png`))
    // The upload hangs in the middle, as with a slow service.
    service.emulator.faults.add({
      match: 'STORAGE PUT',
      times: 1e6,
      fault: { kind: 'delay', ms: 60_000 },
    })
    await using app = serveApp(join(folder.path, 'data'))
    const first = await openAddress(await app.address(0))
    using page = await connectPage(first)
    const account = await page.client.accounts.add({
      baseUrl: service.emulator.url,
      apiKey: 'pk_live_member',
    })
    const upload = await page.client.transfers.upload({
      accountId: account.id,
      remoteId: 'crash-set',
      name: 'crash-set',
      paths: [join(folder.path, 'one.png')],
      options: { ...KEEP, withLabels: false },
      stageId: null,
    })
    const dataset = await page.client.datasets.openFolder({ path: photos })
    process.kill(app.enginePid(), 'SIGSEGV')

    const again = await exchange(new URL(await app.address(1)).origin, first.secret)
    expect(again.origin).toBe(first.origin)
    using back = await connectPage(again)
    const notice = (await eventsUntil(back.client, isNotice)).find(isNotice)
    expect(notice).toMatchObject({
      message: expect.stringMatching(
        /engine ended \(SIGSEGV\) and was started again.*the upload to “crash-set”.*reading the folder “photos”/,
      ),
    })
    const [transfer] = await back.client.transfers.list()
    expect(transfer).toMatchObject({ id: upload.id, state: 'paused' })
    expect(transfer.problem).toContain('SIGSEGV')
    // A page that reloads would open it at once, and crash it again.
    await expect(back.client.datasets.open({ id: dataset.id })).rejects.toThrow(/SIGSEGV.*photos/)
    expect(await back.client.datasets.open({ id: dataset.id })).toMatchObject({ id: dataset.id })

    // What nothing was at work on when the app was ended is not set aside.
    await back.client.transfers.cancel({ id: upload.id })
    expect(app.output()).toContain('It is being restarted.')
  },
)

test.skipIf(process.platform !== 'linux')(
  'the served app ends when nobody supervises it, and when it crashes over and over',
  { timeout: 120_000 },
  async () => {
    using folder = temporaryFolder()
    await using looping = serveApp(join(folder.path, 'a'))
    for (let run = 0; run < 4; run++) {
      await looping.address(run)
      process.kill(looping.enginePid(), run % 2 ? 'SIGABRT' : 'SIGKILL')
    }
    expect(await looping.exited).toEqual([1, null])
    expect(looping.output()).toMatch(/ended 4 times.*not started again/)

    await using orphan = serveApp(join(folder.path, 'b'))
    await orphan.address(0)
    const pid = orphan.enginePid()
    orphan.child.kill('SIGKILL')
    await vi.waitUntil(() => !isAlive(pid), { timeout: 20_000 })
  },
)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
