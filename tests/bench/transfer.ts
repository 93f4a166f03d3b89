import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from '#core/api/client.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { type Figure, timed } from './measure.ts'

const KEY = 'pk_live_member'
/** Of each request on its way, milliseconds. */
const LATENCIES_MS = [0, 20, 100]
const SETS = [
  { name: '5,000 × 100 kB', count: 5_000, bytes: 100_000 },
  { name: '20 × 50 MB', count: 20, bytes: 50_000_000 },
] as const
/** Sent one at a time, to tell the rate. */
const SINGLES = 100
const MB = 1_000_000

const script = (name: string) => join(import.meta.dirname, name)

/** First line that a process says. */
async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('No output')
  for await (const line of createInterface(child.stdout)) return line
  throw new Error('It ended without a word')
}

async function service(dataDir: string, sets: readonly string[]) {
  const child = spawn(process.execPath, [script('transfer-service.ts'), dataDir, ...sets], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { url, ids } = JSON.parse(await firstLine(child)) as { url: string; ids: string[] }
  return {
    url,
    ids,
    setLatency: async (ms: number) => {
      await fetch(`${url}/__admin/faults`, { method: 'DELETE' })
      const body = JSON.stringify({ times: 100_000_000, fault: { kind: 'delay', ms } })
      const headers = { 'content-type': 'application/json' }
      if (ms > 0) await fetch(`${url}/__admin/faults`, { method: 'POST', body, headers })
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

interface Said {
  state: string
  ms: number
  requests: number
  cpuS: number
  peakBytes: number
}

/** Our own, from the click to the last file in its place; in a process of its own, as the core is. */
async function ours(url: string, kind: string, dataset: string, folder: string): Promise<Said> {
  using data = temporaryFolder()
  const child = spawn(
    process.execPath,
    [script('transfer-client.ts'), data.path, url, kind, dataset, folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const said = JSON.parse(await firstLine(child)) as Said
  if (said.state !== 'done') throw new Error(`The ${kind} ended ${said.state}`)
  return said
}

function expectFiles(folder: string, count: number, bytes: number): void {
  const files = readdirSync(folder)
  const short = files.filter((name) => statSync(join(folder, name)).size < bytes * 0.99)
  if (files.length !== count || short.length > 0)
    throw new Error(`${files.length} of ${count} files, ${short.length} of them short`)
}

/** A peer at its best settings, given the addresses; null where it is not installed. */
async function peer(
  command: 'aria2c' | 'curl',
  addresses: readonly string[],
  bytes: number,
): Promise<number | null> {
  if (spawnSync(command, ['--version']).error) return null
  using folder = temporaryFolder()
  using lists = temporaryFolder()
  const list = join(lists.path, 'list')
  const isAria = command === 'aria2c'
  writeFileSync(
    list,
    addresses
      .map((address, index) =>
        isAria
          ? `${address}\n  out=${index}.jpg`
          : `url = "${address}"\noutput = "${join(folder.path, `${index}.jpg`)}"`,
      )
      .join('\n'),
  )
  const args = isAria
    ? [
        ...['-i', list, '-d', folder.path, '-j', '64', '-x', '1', '--file-allocation=none'],
        ...['--quiet=true', '--enable-http-keep-alive=true', '--log-level=error'],
      ]
    : ['--parallel', '--parallel-max', '64', '--silent', '--fail', '--config', list]
  const ms = await timed(async () => {
    const child = spawn(command, args, { stdio: 'ignore' })
    const [code] = (await once(child, 'exit')) as [number]
    if (code !== 0) throw new Error(`${command} ended with ${code}`)
  })
  expectFiles(folder.path, addresses.length, bytes)
  return ms
}

async function benchDown(): Promise<Figure[]> {
  using data = temporaryFolder()
  const sets = SETS.map(({ count, bytes }) => `${count}x${bytes}`)
  await using server = await service(data.path, sets)
  const figures: Figure[] = []
  for (const [index, { name, count, bytes }] of SETS.entries())
    for (const latency of LATENCIES_MS) {
      await server.setLatency(latency)
      const dataset = server.ids[index]
      const rate = (ms: number) => (count * bytes) / MB / (ms / 1000)
      const where = `${name} down, ${latency} ms latency`
      if (latency === LATENCIES_MS[0]) {
        // Before anybody is measured: the service has read everything once.
        using folder = temporaryFolder()
        await ours(server.url, 'download', dataset, folder.path)
      }
      let said: Said
      {
        using folder = temporaryFolder()
        said = await ours(server.url, 'download', dataset, folder.path)
        expectFiles(folder.path, count, bytes)
      }
      for (const command of ['aria2c', 'curl'] as const) {
        using client = new Client({ apiKey: KEY, baseUrl: server.url })
        const { items } = await client.datasets.downloadListing(dataset, { mode: 'images_only' })
        const ms = await peer(
          command,
          items.map(({ image_url }) => image_url ?? ''),
          bytes,
        )
        if (ms !== null)
          figures.push({
            name: where,
            value: rate(said.ms),
            unit: 'MB/s',
            baseline: {
              name: command === 'curl' ? 'curl --parallel-max 64' : 'aria2c -j64',
              value: rate(ms),
            },
            ratio: ms / said.ms,
          })
      }
      figures.push(
        { name: `${where}: processor`, value: said.cpuS, unit: 's' },
        { name: `${where}: peak memory`, value: said.peakBytes / MB, unit: 'MB' },
        { name: `${where}: requests to the service`, value: said.requests, unit: 'requests' },
      )
    }
  return figures
}

async function benchUp(): Promise<Figure[]> {
  using data = temporaryFolder()
  await using server = await service(data.path, ['1x100000', '0x1', '0x2', '0x3', '0x4'])
  const [first, ...datasets] = server.ids
  using work = temporaryFolder()
  await ours(server.url, 'download', first, work.path)
  const picture = readFileSync(join(work.path, '0.jpg'))
  const drop = join(work.path, 'drop')
  mkdirSync(drop)
  const { count } = SETS[0]
  for (let index = 0; index < count; index++)
    writeFileSync(join(drop, `${index}.jpg`), Buffer.concat([picture, Buffer.from(`${index}`)]))
  const figures: Figure[] = []
  for (const [index, latency] of LATENCIES_MS.entries()) {
    await server.setLatency(latency)
    const said = await ours(server.url, 'upload', datasets[index], drop)
    using client = new Client({ apiKey: KEY, baseUrl: server.url })
    // An address, the bytes and the registration of one image, then the next.
    const singleMs = await timed(async () => {
      for (let number = 0; number < SINGLES; number++) {
        const file = join(drop, `${number}.jpg`)
        await client.images.upload(datasets[3], file, {
          filename: `${latency}-${number}.jpg`,
          directoryPath: '/',
          contentType: 'image/jpeg',
        })
      }
    })
    const where = `5,000 × 100 kB up, ${latency} ms latency`
    const [value, single] = [count / (said.ms / 1000), SINGLES / (singleMs / 1000)]
    figures.push(
      {
        name: where,
        value,
        unit: 'images/s',
        baseline: { name: 'one image after the other', value: single },
        ratio: value / single,
      },
      { name: `${where}: processor`, value: said.cpuS, unit: 's' },
      { name: `${where}: peak memory`, value: said.peakBytes / MB, unit: 'MB' },
      { name: `${where}: requests to the service`, value: said.requests, unit: 'requests' },
    )
  }
  return figures
}

/** Whole datasets down and up, against the field's tools and against one request at a time. */
export async function benchTransfer(): Promise<Figure[]> {
  return [...(await benchDown()), ...(await benchUp())]
}
