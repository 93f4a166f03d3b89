import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '#core/api/client.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { type Figure, timed } from './measure.ts'
import { bareLoop, type Peer, peerFetcher, pythonSdk } from './transfer-peers.ts'
import {
  bundledClient,
  type Said,
  type Service,
  startService,
  transferOnce,
} from './transfer-runs.ts'

const KEY = 'pk_live_member'
/** Latency of each request, in milliseconds. */
const LATENCIES_MS = [0, 20, 100]
const SETS = [
  { name: '5,000 × 100 kB', count: 5_000, bytes: 100_000 },
  { name: '20 × 50 MB', count: 20, bytes: 50_000_000 },
] as const
const MANY = { name: '50,000 × 10 kB', count: 50_000, bytes: 10_000 }
/** Number of files sent one at a time, to determine the rate. */
const SINGLES = 100
/** Runs of each contender, in turns; the median counts. */
const ROUNDS = 3
const MB = 1_000_000

/**
 * The target of downloads: in memory if possible, for all contenders. For half a minute after deletions, ext4 is slow
 * to allocate new files, so the second contender would seem slow.
 */
const DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const middle = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** A tenth of all tries fails, and the service is sometimes overloaded. */
const TROUBLE = [
  { match: 'STORAGE', chance: 0.05, fault: { kind: 'reset' } },
  { match: 'STORAGE', chance: 0.05, fault: { kind: 'status', status: 503 } },
  { match: 'STORAGE GET', chance: 0.03, fault: { kind: 'truncate', bytes: 50_000, honest: false } },
  { match: '/images', chance: 0.1, fault: { kind: 'status', status: 429, retryAfter: '1' } },
].map((rule) => ({ ...rule, times: 100_000_000 }))
/** What has arrived must be sent again, because nobody can know that it did. */
const LOST_ANSWERS = {
  match: 'STORAGE PUT',
  chance: 0.02,
  fault: { kind: 'lose_answer' },
  times: 100_000_000,
}

function expectFiles(folder: string, count: number, bytes: number): void {
  const files = readdirSync(folder)
  const short = files.filter((name) => statSync(join(folder, name)).size < bytes * 0.99)
  if (files.length !== count || short.length > 0)
    throw new Error(`${files.length} of ${count} files, ${short.length} of them short`)
}

async function addressesOf(url: string, dataset: string): Promise<string[]> {
  using client = new Client({ apiKey: KEY, baseUrl: url })
  const { items } = await client.datasets.downloadListing(dataset, { mode: 'images_only' })
  return items.map(({ image_url }) => image_url ?? '')
}

function costs(where: string, runs: readonly Said[]): Figure[] {
  return [
    { name: `${where}: processor`, value: middle(runs.map(({ cpuS }) => cpuS)), unit: 's' },
    {
      name: `${where}: peak memory`,
      value: Math.max(...runs.map(({ peakBytes }) => peakBytes)) / MB,
      unit: 'MB',
    },
    { name: `${where}: requests to the service`, value: runs[0].requests, unit: 'requests' },
  ]
}

async function down(
  script: string,
  server: Service,
  dataset: string,
  { count, bytes }: { count: number; bytes: number },
): Promise<Said> {
  using folder = temporaryFolder(DISK)
  const said = await transferOnce(script, server.url, 'download', dataset, folder.path)
  expectFiles(folder.path, count, bytes)
  return said
}

async function peerDown(
  peer: Peer,
  server: Service,
  dataset: string,
  { count, bytes }: { count: number; bytes: number },
): Promise<number> {
  using folder = temporaryFolder(DISK)
  // From the dataset to its files, like ours, including the list of addresses.
  const ms = await timed(async () =>
    peer.fetch(await addressesOf(server.url, dataset), folder.path),
  )
  expectFiles(folder.path, count, bytes)
  return ms
}

async function benchDown(script: string): Promise<Figure[]> {
  using data = temporaryFolder()
  const sets = SETS.map(({ count, bytes }) => `${count}x${bytes}`)
  await using server = await startService(data.path, sets)
  const tools = [peerFetcher('aria2c'), peerFetcher('curl')].filter((peer) => peer !== null)
  const peers = [...tools, bareLoop]
  const figures: Figure[] = []
  for (const [index, set] of SETS.entries()) {
    const dataset = server.ids[index]
    // Warm up: the service has read everything once before the measurement.
    await down(script, server, dataset, set)
    for (const latency of LATENCIES_MS) {
      await server.setLatency(latency)
      const runs: Said[] = []
      const times = new Map<Peer, number[]>(peers.map((peer) => [peer, []]))
      for (let round = 0; round < ROUNDS; round++) {
        runs.push(await down(script, server, dataset, set))
        for (const peer of peers) times.get(peer)?.push(await peerDown(peer, server, dataset, set))
      }
      const where = `${set.name} down, ${latency} ms latency`
      const rate = (ms: number) => (set.count * set.bytes) / MB / (ms / 1000)
      const value = rate(middle(runs.map(({ ms }) => ms)))
      for (const [{ name }, taken] of times) {
        const baseline = { name, value: rate(middle(taken)) }
        figures.push({ name: where, value, unit: 'MB/s', baseline, ratio: value / baseline.value })
      }
      figures.push(...costs(where, runs))
    }
  }
  await server.setFaults(TROUBLE)
  const before = await server.traffic()
  await down(script, server, server.ids[0], SETS[0])
  const { sentBytes } = await server.traffic()
  const value = (sentBytes - before.sentBytes) / (SETS[0].count * SETS[0].bytes)
  figures.push({
    name: `${SETS[0].name} down, a tenth of all tries fails: bytes over the wire`,
    value,
    unit: '× the files',
  })
  return figures
}

/** Files for an upload: one picture, made unique by a few extra bytes. */
function fillDrop(folder: string, picture: Buffer, count: number): void {
  mkdirSync(folder)
  for (let index = 0; index < count; index++)
    writeFileSync(join(folder, `${index}.jpg`), Buffer.concat([picture, Buffer.from(`${index}`)]))
}

async function benchUp(script: string): Promise<Figure[]> {
  using data = temporaryFolder()
  const [{ name, count, bytes }] = SETS
  const empty = Array.from({ length: 3 + LATENCIES_MS.length }, (_, index) => `0x${index + 1}`)
  await using server = await startService(data.path, [`1x${bytes}`, ...empty])
  const [first, singles, faulty, doubtful, ...datasets] = server.ids
  using work = temporaryFolder()
  await transferOnce(script, server.url, 'download', first, work.path)
  const drop = join(work.path, 'drop')
  fillDrop(drop, readFileSync(join(work.path, '0.jpg')), count)
  await using sdk = await pythonSdk()
  const figures: Figure[] = []
  for (const latency of LATENCIES_MS) {
    await server.setLatency(latency)
    const said = await transferOnce(script, server.url, 'upload', datasets.shift() ?? '', drop)
    using client = new Client({ apiKey: KEY, baseUrl: server.url })
    // Address, bytes and registration of one image, then the next.
    const singleMs = await timed(async () => {
      for (let number = 0; number < SINGLES; number++)
        await client.images.upload(singles, join(drop, `${number}.jpg`), {
          filename: `${latency}-${number}.jpg`,
          directoryPath: '/',
          contentType: 'image/jpeg',
        })
    })
    const where = `${name} up, ${latency} ms latency`
    const value = count / (said.ms / 1000)
    const against = (peer: string, rate: number) =>
      figures.push({
        name: where,
        value,
        unit: 'images/s',
        baseline: { name: peer, value: rate },
        ratio: value / rate,
      })
    against('one image after the other', SINGLES / (singleMs / 1000))
    if (sdk) {
      const ms = await timed(() => sdk.upload(server.url, KEY, `sdk ${latency}`, drop))
      against('upload_from_directory of the Python SDK', count / (ms / 1000))
    }
    figures.push(...costs(where, [said]))
  }
  for (const [trouble, rules, dataset] of [
    ['a tenth of all tries fails', TROUBLE, faulty],
    ['and a fiftieth of all answers is lost', [...TROUBLE, LOST_ANSWERS], doubtful],
  ] as const) {
    await server.setFaults(rules)
    const before = await server.traffic()
    await transferOnce(script, server.url, 'upload', dataset, drop)
    const { receivedBytes } = await server.traffic()
    figures.push({
      name: `${name} up, ${trouble}: bytes over the wire`,
      value: (receivedBytes - before.receivedBytes) / (count * bytes),
      unit: '× the files',
    })
  }
  return figures
}

/** As many as in a large dataset, to check that memory does not depend on the number. */
async function benchMany(script: string): Promise<Figure[]> {
  using data = temporaryFolder()
  await using server = await startService(data.path, [`${MANY.count}x${MANY.bytes}`, '0x1'])
  const [full, empty] = server.ids
  using folder = temporaryFolder(DISK)
  const { path } = folder
  const figures: Figure[] = []
  for (const [kind, dataset] of [
    ['download', full],
    ['upload', empty],
  ] as const) {
    const said = await transferOnce(script, server.url, kind, dataset, path)
    const where = `${MANY.name} ${kind === 'download' ? 'down' : 'up'}`
    figures.push(
      { name: where, value: MANY.count / (said.ms / 1000), unit: 'images/s' },
      ...costs(where, [said]),
    )
  }
  return figures
}

const PARTS = { down: benchDown, up: benchUp, many: benchMany }

/**
 * Downloads and uploads whole datasets, compared with other tools and with one request at a time; all of it, or a
 * part.
 */
export async function benchTransfer(part?: keyof typeof PARTS): Promise<Figure[]> {
  using bundle = await bundledClient()
  const figures: Figure[] = []
  for (const run of part ? [PARTS[part]] : Object.values(PARTS))
    figures.push(...(await run(bundle.script)))
  return figures
}
