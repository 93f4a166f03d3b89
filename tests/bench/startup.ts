import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright'
import { newId } from '#shared/model/annotation.ts'
import { firstScreen } from '#tests/bench/first-screen.ts'
import { openCore, temporaryFolder, testPorts, writeImage } from '#tests/helpers/core.ts'
import type { Figure } from './measure.ts'

const ROOT = join(import.meta.dirname, '../..')
const IMAGES = 100_000
const ROUNDS = 5

/** The minimum for a program with a page: no library, no core, one button. */
const BARE = `
import { createServer } from 'node:http'
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' })
  response.end('<button>Try the sample dataset</button>')
})
server.listen(0, '127.0.0.1', () => console.log('Serving on http://127.0.0.1:' + server.address().port + '/'))
`

interface Started {
  /** From the start of the process to its address, in milliseconds. */
  servesMs: number
  /** To a usable first screen, in milliseconds. */
  usableMs: number
}

async function addressOf(child: ChildProcess): Promise<string> {
  let output = ''
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    const url = /Serving on (\S+)/.exec(output)?.[1]
    if (url) resolve(url)
  })
  child.on('exit', () => reject(new Error(`It did not start: ${output}`)))
  return promise
}

async function start(browser: Browser, args: readonly string[], shows: string): Promise<Started> {
  await using context = await browser.newContext()
  const page = await context.newPage()
  const began = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await addressOf(child)
  const servesMs = performance.now() - began
  await page.goto(url)
  await page.locator(shows).first().click({ trial: true })
  const usableMs = performance.now() - began
  child.removeAllListeners('exit')
  child.kill('SIGTERM')
  await once(child, 'exit')
  return { servesMs, usableMs }
}

const middle = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** A library with a folder of this many images, of which one exists. */
async function fillLibrary(dataDir: string, folder: string): Promise<void> {
  await writeImage(join(folder, 'image-000000.png'))
  await using core = openCore(testPorts(dataDir))
  const dataset = await core.openFolder(folder)
  await core.library.settled(dataset.id)
  const files = Array.from({ length: IMAGES - 1 }, (_, index) => ({
    path: `image-${String(index + 1).padStart(6, '0')}.png`,
    fileSizeBytes: 100_000,
    modifiedAtMs: 1,
  }))
  core.images.upsertFiles(dataset.id, files)
  // Each with a size, as after an earlier visit.
  const ids = core.images.list(dataset.id).map(({ id }) => id)
  core.images.setFacts(ids.map((id) => ({ id, width: 640, height: 480, problem: null })))
  core.settings.remember('library-id', newId())
}

/** Time until the app is usable after its start, with an empty library and a large one. */
export async function benchStartup(): Promise<Figure[]> {
  using empty = temporaryFolder()
  using full = temporaryFolder()
  using folder = temporaryFolder()
  await fillLibrary(full.path, folder.path)
  await using browser = await chromium.launch({
    executablePath: process.env.PICTOGRAPH_BROWSER,
    args: ['--no-sandbox', '--disable-background-networking'],
  })
  const SCREEN = 'button:has-text("Try the sample dataset")'
  const served = (dataDir: string) => [
    join(ROOT, 'bin/pictograph-desktop.mjs'),
    ...['--serve', '--port', '0', '--data', dataDir],
  ]
  const contenders = {
    bare: ['--input-type=module', '-e', BARE],
    empty: served(empty.path),
    full: served(full.path),
  }
  const runs: Record<keyof typeof contenders, Started[]> = { bare: [], empty: [], full: [] }
  for (let round = 0; round < ROUNDS; round++)
    for (const name of ['bare', 'empty', 'full'] as const)
      runs[name].push(await start(browser, contenders[name], SCREEN))
  const ms = (name: keyof typeof contenders, field: keyof Started) =>
    middle(runs[name].map((run) => run[field]))
  const figure = (name: string, value: number, against: string, baseline: number): Figure => ({
    name,
    value,
    unit: 'ms',
    baseline: { name: against, value: baseline },
    // Larger is better: times faster.
    ratio: baseline / value,
  })
  const { bytes, allBytes } = firstScreen(ROOT)
  const bare = 'a bare Node server with a button'
  return [
    figure('to its address', ms('empty', 'servesMs'), bare, ms('bare', 'servesMs')),
    figure('to a usable first screen', ms('empty', 'usableMs'), bare, ms('bare', 'usableMs')),
    figure(
      `to a usable first screen, ${IMAGES.toLocaleString('en')} images in the library`,
      ms('full', 'usableMs'),
      'an empty library',
      ms('empty', 'usableMs'),
    ),
    { name: 'scripts and styles of the first screen', value: bytes / 1000, unit: 'kB' },
    { name: 'scripts and styles of all screens', value: allBytes / 1000, unit: 'kB' },
  ]
}
