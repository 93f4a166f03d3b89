/**
 * Transfers over lines as people have them: two network namespaces, the kernel's token bucket for the rate, and a relay
 * of ours for the delay, because `netem` is missing on many machines.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { type Figure, percentile } from './measure.ts'
import { bundledClient, firstLine, type Said } from './transfer-runs.ts'

const THERE = 'pictograph-there'
const HERE = 'pictograph-here'
const ADDRESS = { there: '10.77.0.1', here: '10.77.0.2' }

/** In a namespace every port is free. */
const STORAGE_PORT = 18_080

/** What of a shaped line is payload: 1,448 bytes of TCP in a frame of 1,514. */
const PAYLOAD = 1_448 / 1_514
const LINES = [100, 1_000].flatMap((mbit) => [5, 50, 200].map((rttMs) => ({ mbit, rttMs })))
/** How long a line carries what is transferred over it, seconds. */
const SECONDS = Number(process.env.PICTOGRAPH_LINE_SECONDS ?? 20)
const FILES = { small: 100_000, large: 20_000_000 } as const

const run = (command: string, ...args: string[]) => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`)
}

const inside = (name: string, args: readonly string[]) =>
  spawn('ip', ['netns', 'exec', name, process.execPath, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PICTOGRAPH_STORAGE_PORT: String(STORAGE_PORT) },
  })

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Two namespaces with a line between them. Throws where that is not allowed. */
function namespaces() {
  const remove = () => {
    for (const name of [THERE, HERE]) spawnSync('ip', ['netns', 'del', name])
  }
  remove()
  try {
    for (const name of [THERE, HERE]) {
      run('ip', 'netns', 'add', name)
      run('ip', '-n', name, 'link', 'set', 'lo', 'up')
    }
    run('ip', 'link', 'add', 'pgt', 'netns', THERE, 'type', 'veth', 'peer', 'pgh', 'netns', HERE)
    for (const [name, device, address] of [
      [THERE, 'pgt', ADDRESS.there],
      [HERE, 'pgh', ADDRESS.here],
    ]) {
      run('ip', '-n', name, 'addr', 'add', `${address}/24`, 'dev', device)
      run('ip', '-n', name, 'link', 'set', device, 'up')
      // Segments as long as on a real line, so that the bucket is not overrun by one.
      spawnSync('ip', ['netns', 'exec', name, 'ethtool', '-K', device, 'tso', 'off', 'gso', 'off'])
    }
  } catch (error) {
    remove()
    throw error
  }
  return {
    shape: (mbit: number) => {
      for (const [name, device] of [
        [THERE, 'pgt'],
        [HERE, 'pgh'],
      ])
        run(
          ...(['tc', '-n', name, 'qdisc', 'replace', 'dev', device, 'root', 'tbf'] as const),
          ...['rate', `${mbit}mbit`, 'burst', '256kb', 'latency', '100ms'],
        )
    },
    [Symbol.dispose]: remove,
  }
}

/** The relays at both ends: here under the service's own addresses, there with the delay. */
async function line(ports: readonly number[], rttMs: number) {
  const file = join(import.meta.dirname, 'line-relay.ts')
  const way = (from: string, to: string) => ports.map((port) => `${from}:${port}=${to}:${port}`)
  const there = inside(THERE, [file, String(rttMs / 2), ...way(ADDRESS.there, '127.0.0.1')])
  const here = inside(HERE, [file, '0', ...way('127.0.0.1', ADDRESS.there)])
  await Promise.all([firstLine(there), firstLine(here)])
  return {
    say: (word: 'cut' | 'stall' | 'go') => void there.stdin?.write(`${word}\n`),
    [Symbol.asyncDispose]: async () => void (await Promise.all([end(there), end(here)])),
  }
}

interface Setup {
  url: string
  script: string
}

/** Starts a transfer in the namespace here. */
function transfer(setup: Setup, kind: 'download' | 'upload', dataset: string, folder: string) {
  const data = temporaryFolder()
  const child = inside(HERE, [setup.script, data.path, setup.url, kind, dataset, folder])
  const done = firstLine(child).then((said) => JSON.parse(said) as Said)
  return { done: done.finally(() => data[Symbol.dispose]()) }
}

const sizeOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => {
      return sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0)
    }, 0)

function figures(what: string, bytes: number, mbit: number, said: Said): Figure[] {
  const carried = (mbit / 8) * PAYLOAD
  const value = bytes / 1e6 / (said.ms / 1000)
  const baseline = { name: 'what the line carries', value: carried }
  return [
    { name: what, value, unit: 'MB/s', baseline, ratio: value / carried },
    { name: '  of the processor', value: said.cpuS / (said.ms / 1000), unit: 'cores' },
  ]
}

/** How long after an outage of ten seconds a download is back at nine tenths of its speed before it. */
async function outage(
  setup: Setup,
  dataset: string,
  mbit: number,
  how: 'cut' | 'stall',
  say: (word: 'cut' | 'stall' | 'go') => void,
): Promise<Figure> {
  using folder = temporaryFolder()
  const { done } = transfer(setup, 'download', dataset, folder.path)
  let isOver = false
  const over = done.finally(() => {
    isOver = true
  })
  const rates: number[] = []
  let before = 0
  const second = async () => {
    await setTimeout(1_000)
    const size = sizeOf(folder.path)
    rates.push(size - before)
    before = size
  }
  for (let n = 0; n < 6; n++) await second()
  const usual = percentile(rates.slice(2), 0.5)
  say(how)
  await setTimeout(10_000)
  before = sizeOf(folder.path)
  say('go')
  let backAfterS = 0
  do {
    await second()
    backAfterS++
  } while (!isOver && backAfterS < 60 && (rates.at(-1) ?? 0) < 0.9 * usual)
  await over
  return {
    name: `${mbit} Mbit/s, back at full speed after ${how === 'cut' ? 'an outage' : 'a stall'}`,
    value: backAfterS,
    unit: 's',
  }
}

/** Down and up over each line, small and large files, and what an outage costs. */
export async function benchLines(): Promise<Figure[]> {
  let net: ReturnType<typeof namespaces>
  try {
    net = namespaces()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`lines: skipped, because namespaces are not allowed here (${why})\n`)
    return []
  }
  using _net = net
  using bundle = await bundledClient()
  const result: Figure[] = []
  /** `100/50,1000/5`: only these lines, Mbit/s and milliseconds. */
  const wanted = process.env.PICTOGRAPH_LINES?.split(',')
  const lines = LINES.filter(({ mbit, rttMs }) => wanted?.includes(`${mbit}/${rttMs}`) ?? true)
  for (const { mbit, rttMs } of lines) {
    using data = temporaryFolder()
    const bytes = ((mbit * 1e6) / 8) * SECONDS
    const counts = { small: bytes / FILES.small, large: Math.max(8, bytes / FILES.large) }
    const sets = (['small', 'large'] as const).map(
      (size) => `${Math.ceil(counts[size])}x${FILES[size]}`,
    )
    const outages = `${Math.ceil((bytes * 4) / FILES.small)}x${FILES.small}`
    const service = inside(THERE, [
      join(import.meta.dirname, 'transfer-service.ts'),
      data.path,
      ...sets,
      outages,
      '0x1',
      '0x2',
    ])
    try {
      const { url, ids } = JSON.parse(await firstLine(service)) as { url: string; ids: string[] }
      net.shape(mbit)
      await using ends = await line([Number(new URL(url).port), STORAGE_PORT], rttMs)
      const setup = { url, script: bundle.script }
      for (const [index, set] of sets.entries()) {
        using folder = temporaryFolder()
        const where = `${mbit} Mbit/s, ${rttMs} ms, ${set.replace('x', ' × ')} bytes`
        const down = await transfer(setup, 'download', ids[index], folder.path).done
        result.push(...figures(`${where} down`, sizeOf(folder.path), mbit, down))
        const drop = temporaryFolder()
        mkdirSync(join(drop.path, 'drop'))
        for (const [n, name] of readdirSync(folder.path).entries())
          if (name.endsWith('.jpg'))
            writeFileSync(
              join(drop.path, 'drop', name),
              Buffer.concat([readFileSync(join(folder.path, name)), Buffer.from(`${n}`)]),
            )
        const sent = sizeOf(drop.path)
        const up = await transfer(setup, 'upload', ids[3 + index], join(drop.path, 'drop')).done
        result.push(...figures(`${where} up`, sent, mbit, up))
        process.stderr.write(
          `${where}: down ${(down.ms / 1000).toFixed(1)} s, up ${(up.ms / 1000).toFixed(1)} s\n`,
        )
        drop[Symbol.dispose]()
      }
      if (rttMs === 50)
        for (const how of ['cut', 'stall'] as const)
          result.push(await outage(setup, ids[2], mbit, how, ends.say))
    } finally {
      await end(service)
    }
  }
  return result
}
