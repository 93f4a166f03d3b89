import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { crashOf } from './engine-end.ts'
import { supervise } from './supervisor.ts'

/** Runs a stand-in for the engine: `lines` see `order`, the number of this run `run`, and `serve()`. */
async function supervised(lines: string, options: { restarts?: number; withinMs?: number } = {}) {
  const folder = temporaryFolder()
  const file = join(folder.path, 'engine.mjs')
  writeFileSync(
    file,
    `import { appendFileSync, readFileSync } from 'node:fs'
     const order = JSON.parse(process.argv[2])
     const log = ${JSON.stringify(join(folder.path, 'runs'))}
     appendFileSync(log, JSON.stringify(order) + '\\n')
     const run = readFileSync(log, 'utf8').trim().split('\\n').length
     const sent = (note) => new Promise((done) => process.send(note, done))
     const serve = () => sent({ url: 'http://127.0.0.1:4711/?token=' + run, port: 4711 })
     const die = (signal) => { process.kill(process.pid, signal); setInterval(() => {}, 1000) }
     const stay = () => process.on('message', () => process.exit(0))
     ${lines}`,
  )
  const printed: string[] = []
  const engine = supervise({
    file,
    order: { dataDir: folder.path, port: null, host: '127.0.0.1', target: '/photos' },
    print: (line) => printed.push(line),
    ...options,
  })
  const runs = () =>
    readFileSync(join(folder.path, 'runs'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { ...folder, [Symbol.dispose]: folder[Symbol.dispose], engine, printed, runs }
}

describe('a supervisor', { timeout: 60_000 }, () => {
  test.each([
    ['is aborted', "await serve(); if (run > 1) stay(); else die('SIGABRT')", 'SIGABRT'],
    [
      'has a fault in native code',
      "await serve(); if (run > 1) stay(); else die('SIGSEGV')",
      'SIGSEGV',
    ],
    [
      'is killed by the system',
      "await serve(); if (run > 1) stay(); else die('SIGKILL')",
      /memory/,
    ],
    [
      'throws',
      "await serve(); if (run > 1) stay(); else setTimeout(() => { throw new Error('x') })",
      'exit code 1',
    ],
    [
      'runs out of memory',
      'await serve(); if (run > 1) stay(); else { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)) }',
      'it ran out of memory',
    ],
  ])('restarts an engine that %s, on its port', async (_name, lines, because) => {
    vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=40')
    onTestFinished(() => void vi.unstubAllEnvs())
    using app = await supervised(lines)
    await vi.waitUntil(() => app.printed.length > 0, { timeout: 30_000 })
    await vi.waitUntil(() => app.runs().length === 2, { timeout: 30_000 })
    const [first, second] = app.runs()
    expect(first).toEqual({ dataDir: app.path, port: null, host: '127.0.0.1', target: '/photos' })
    expect(second).toEqual({
      dataDir: app.path,
      port: 4711,
      host: '127.0.0.1',
      // A folder that crashed the engine is not opened again by itself.
      target: null,
      endedBecause: expect.stringMatching(because),
    })
    app.engine.stop()
    app.engine.stop()
    await app.engine.ended
  })

  test('gives up after some crashes, and says so', async () => {
    using app = await supervised("await serve(); die('SIGKILL')", { restarts: 2 })
    expect(await app.engine.ended).toBe(1)
    expect(app.runs()).toHaveLength(3)
    expect(app.printed.at(-1)).toMatch(/ended 3 times .* not started again.*on disk/)
  })

  test('does not count crashes of long ago', async () => {
    using app = await supervised(
      "await serve(); if (run < 5) die('SIGKILL'); else process.exit(0)",
      {
        restarts: 1,
        withinMs: 0,
      },
    )
    expect(await app.engine.ended).toBe(0)
    expect(app.runs()).toHaveLength(5)
  })

  test('passes an ordinary end and a reported error on', async () => {
    using told = await supervised('process.exit(2)')
    expect(await told.engine.ended).toBe(2)
    using asked = await supervised('stay(); await serve()')
    await asked.engine.served
    asked.engine.stop()
    expect(await asked.engine.ended).toBe(0)
    expect(asked.printed).toEqual([])
  })

  test('does not restart what never started', async () => {
    using app = await supervised("die('SIGSEGV')")
    expect(await app.engine.ended).toBe(1)
    expect(app.printed).toEqual([expect.stringContaining('before it had started (SIGSEGV)')])
  })
})

test('a hang is told apart from other kills by the watchdog’s words', () => {
  const words = 'The engine is restarted (it had not answered for a minute).'
  expect(crashOf({ code: null, signal: 'SIGKILL', words })).toBe('it had not answered for a minute')
  expect(crashOf({ code: 0, signal: null, words })).toBeNull()
})
