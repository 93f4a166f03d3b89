/** A process that is given hostile inputs, and tells how it fares. It may die or hang: its parent sees that. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Dice } from './dice.ts'
import type { Place } from './kind.ts'
import { KINDS } from './kinds.ts'

export type FromVictim =
  | { is: 'ready' }
  | { is: 'beat'; rss: number; silentMs: number }
  | { is: 'done'; seed: number; problem: string | null; rss: number; silentMs: number }

const [kind, folder] = process.argv.slice(2)
const SENTINEL = 'nobody may change this'
const BEAT_MS = 50

const tell = (message: FromVictim) => void process.send?.(message)

// Time of the processor, so that other work of the machine does not count.
let usedMs = 0
let longestMs = 0
const cpuMs = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
const look = () => {
  const now = cpuMs()
  longestMs = Math.max(longestMs, now - usedMs)
  usedMs = now
}

function prepared(): Place & { outer: string } {
  const outer = join(folder, 'outer')
  rmSync(outer, { recursive: true, force: true })
  const place = { outer, input: join(outer, 'input'), target: join(outer, 'target') }
  mkdirSync(place.input, { recursive: true })
  mkdirSync(place.target)
  writeFileSync(join(outer, 'sentinel'), SENTINEL)
  return place
}

function requireInside({ outer }: { outer: string }): void {
  const found = readdirSync(outer).sort().join()
  if (found !== 'input,sentinel,target') throw new Error(`Written outside of the target: ${found}`)
  if (readFileSync(join(outer, 'sentinel'), 'utf8') !== SENTINEL)
    throw new Error('A file outside was changed')
  for (const entry of readdirSync(join(outer, 'target'), { recursive: true, withFileTypes: true }))
    if (!entry.isFile() && !entry.isDirectory())
      throw new Error(`Neither file nor folder: ${entry.name}`)
}

const { run } = await KINDS[kind].prepare()
setInterval(() => {
  look()
  tell({ is: 'beat', rss: process.memoryUsage.rss(), silentMs: longestMs })
}, BEAT_MS)

process.on('unhandledRejection', (error) => {
  throw error
})
process.on('message', async (message: { seed: number }) => {
  const { seed } = message
  const place = prepared()
  look()
  longestMs = 0
  let problem: string | null = null
  try {
    await run(new Dice(seed), place)
    requireInside(place)
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  look()
  tell({ is: 'done', seed, problem, rss: process.memoryUsage.rss(), silentMs: longestMs })
})
process.on('disconnect', () => process.exit())
tell({ is: 'ready' })
