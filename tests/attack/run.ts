/**
 * Gives hostile inputs to the app's parts, each kind in processes of its own, and reports what kills, hangs or fills
 * one, or makes it write where it must not. `--count N --seed S --kind NAME`; the same seed gives the same input.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KINDS } from './kinds.ts'
import type { FromVictim } from './victim.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
  },
})
const COUNT = Number(values.count)
const FIRST = Number(values.seed)
const KEPT = resolve(import.meta.dirname, '../../test-results/attack')
/** A victim is replaced after so many inputs, so that what one leaves behind is seen as growth of that many. */
const PER_VICTIM = 500
/** What a victim may have more at its end than after its first inputs. Bytes. */
const LEAK_BYTES = 400_000_000
const WARM_UP = 40
/** Loading the app takes long on a busy machine. Milliseconds. */
const START_MS = 120_000

/** By kind. */
const failures = new Map<string, number>()
const failed = () => [...failures.values()].reduce((sum, count) => sum + count, 0)
let inputs = 0

function fail(kind: string, seed: number, problem: string, place: string): void {
  failures.set(kind, (failures.get(kind) ?? 0) + 1)
  const kept = join(KEPT, `${kind}-${seed}`)
  mkdirSync(KEPT, { recursive: true })
  try {
    cpSync(join(place, 'outer', 'input'), kept, { recursive: true })
  } catch {
    // It had not been made.
  }
  process.stdout.write(
    `✗ ${kind}, seed ${seed}: ${problem}\n  its input is in ${kept}; again: npm run attack -- --kind ${kind} --seed ${seed} --count 1\n`,
  )
}

/** Runs seeds in a process. Returns the seed to go on with; the process is gone. */
async function attack(kind: string, from: number, to: number): Promise<number> {
  const { limits } = KINDS[kind]
  const place = mkdtempSync(join(tmpdir(), 'pictograph-attack-'))
  const child: ChildProcess = fork(join(import.meta.dirname, 'victim.ts'), [kind, place], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--max-old-space-size=3000'],
  })
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-3_000)
  })
  const ended = new Promise<string>((done) =>
    child.once('close', (code, signal) => done(`it ended (${signal ?? code}) ${words}`)),
  )
  let hear: (message: FromVictim) => void = () => {}
  child.on('message', (message: FromVictim) => hear(message))
  const heard = (wanted: FromVictim['is'], withinMs: number, onBeat: (rss: number) => void) =>
    Promise.race([
      new Promise<FromVictim>((done) => {
        hear = (message) => {
          if (message.is === 'beat') onBeat(message.rss)
          else if (message.is === wanted) done(message)
        }
      }),
      ended,
      new Promise<string>((done) =>
        setTimeout(done, withinMs, `no end within ${withinMs} ms`).unref(),
      ),
    ])
  let seed = from
  let warm = 0
  try {
    const ready = await heard('ready', START_MS, () => {})
    if (typeof ready === 'string') throw new Error(`${kind} could not begin: ${ready}`)
    let before = 0
    for (; seed < to; seed++) {
      let peak = 0
      child.send({ seed })
      const answer = await heard('done', limits.timeMs, (rss) => {
        peak = Math.max(peak, rss)
      })
      inputs++
      if (typeof answer === 'string') {
        fail(kind, seed, answer, place)
        return seed + 1
      }
      if (answer.is !== 'done') continue
      if (answer.problem !== null) fail(kind, seed, answer.problem, place)
      if (answer.silentMs > limits.silentMs)
        fail(kind, seed, `silent for ${Math.round(answer.silentMs)} ms`, place)
      const growth = Math.max(peak, answer.rss) - (before || answer.rss)
      if (growth > limits.growthBytes)
        fail(kind, seed, `it took ${Math.round(growth / 1e6)} MB more`, place)
      before = answer.rss
      if (seed - from === WARM_UP) warm = answer.rss
    }
    if (warm > 0 && before - warm > LEAK_BYTES)
      fail(
        kind,
        seed,
        `${seed - from} inputs left ${Math.round((before - warm) / 1e6)} MB behind`,
        place,
      )
    return seed
  } finally {
    child.kill('SIGKILL')
    await ended
    rmSync(place, { recursive: true, force: true })
  }
}

async function attackAll(kind: string, count: number): Promise<void> {
  const began = performance.now()
  for (let seed = FIRST; seed < FIRST + count; )
    seed = await attack(kind, seed, Math.min(seed + PER_VICTIM, FIRST + count))
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  process.stdout.write(
    `${kind}: ${count} inputs in ${seconds} s, ${failures.get(kind) ?? 0} failures\n`,
  )
}

const chosen = values.kind === undefined ? Object.keys(KINDS) : [values.kind]
const shares = chosen.reduce((sum, kind) => sum + KINDS[kind].share, 0)
const queue = chosen.map(
  (kind) => [kind, Math.max(1, Math.round((COUNT * KINDS[kind].share) / shares))] as const,
)
const began = performance.now()
const workers = Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
  for (let next = queue.shift(); next; next = queue.shift()) await attackAll(...next)
})
await Promise.all(workers)
process.stdout.write(
  `${inputs} inputs in ${((performance.now() - began) / 1_000).toFixed(0)} s: ${failed() === 0 ? 'all held' : `${failed()} failures`}\n`,
)
process.exit(failed() === 0 ? 0 : 1)
