import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { sandboxProblem, thisSystem } from './sandbox.mjs'
import { startElectron } from './start-electron.mjs'

const PROGRAM = '/opt/checkout/dist/electron'
const HELPER = '/opt/checkout/dist/chrome-sandbox'

/** A machine that allows everything, except what a test overrides. */
function system({
  settings = {},
  helper = null,
  ...rest
}: {
  settings?: Record<string, string>
  helper?: { uid: number; mode: number } | null
} & Partial<typeof thisSystem> = {}) {
  return {
    ...thisSystem,
    platform: 'linux' as const,
    uid: 1000,
    read: (path: string) => settings[path.replace('/proc/sys/', '').replaceAll('/', '.')] ?? null,
    stat: (path: string) => (path === HELPER ? helper : null),
    makesNamespaces: () => true,
    hasProfile: () => false,
    isDisabled: false,
    ...rest,
  }
}

const UBUNTU = { 'kernel.apparmor_restrict_unprivileged_userns': '1' }

describe('the sandbox of Electron', () => {
  test.each([
    ['Ubuntu 23.10 and newer', UBUNTU, 'apparmor_restrict_unprivileged_userns is 1'],
    ['namespaces switched off (Debian)', { 'kernel.unprivileged_userns_clone': '0' }, 'is 0'],
    ['no namespaces left', { 'user.max_user_namespaces': '0' }, 'max_user_namespaces is 0'],
  ])('cannot start: %s', (_name, settings, reason) => {
    const problem = sandboxProblem(PROGRAM, [], system({ settings }))
    expect(problem).toContain(reason)
    expect(problem).toContain(`sudo chown root:root '${HELPER}' && sudo chmod 4755 '${HELPER}'`)
  })

  test('cannot start in a container without namespaces', () => {
    expect(sandboxProblem(PROGRAM, [], system({ makesNamespaces: () => false }))).toContain(
      'refuses',
    )
  })

  test('starts if namespaces are available, also through a profile, or if that is unknown', () => {
    expect(sandboxProblem(PROGRAM, [], system())).toBeNull()
    expect(sandboxProblem(PROGRAM, [], system({ makesNamespaces: () => null }))).toBeNull()
    const profiled = system({ settings: UBUNTU, hasProfile: (program) => program === PROGRAM })
    expect(sandboxProblem(PROGRAM, [], profiled)).toBeNull()
  })

  test.each([
    ['set up as Chromium wants it', { uid: 0, mode: 0o104755 }, true],
    ['of an ordinary user', { uid: 1000, mode: 0o104755 }, false],
    ['without its setuid bit, as npm unpacks it', { uid: 0, mode: 0o100755 }, false],
    ['that others may not run', { uid: 0, mode: 0o104750 }, false],
  ])('with a setuid helper %s', (_name, helper, starts) => {
    const problem = sandboxProblem(PROGRAM, [], system({ settings: UBUNTU, helper }))
    expect(problem === null).toBe(starts)
  })

  test('cannot start as root; is not needed with --no-sandbox or on other systems', () => {
    const root = system({ uid: 0, helper: { uid: 0, mode: 0o104755 } })
    expect(sandboxProblem(PROGRAM, [], root)).toContain('does not run as root')
    expect(sandboxProblem(PROGRAM, ['--no-sandbox'], root)).toBeNull()
    expect(sandboxProblem(PROGRAM, [], { ...root, isDisabled: true })).toBeNull()
    expect(sandboxProblem(PROGRAM, [], system({ settings: UBUNTU, platform: 'darwin' }))).toBeNull()
  })
})

/** A shell script in Electron's place. */
function stub(folder: string, ...lines: string[]): string {
  const file = join(folder, 'electron')
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
  return file
}

/** A shell builtin creates it, because the launcher's tests have no PATH. */
const touch = (file: string) => `: > "${file}"`
const BEGINS = touch('$PICTOGRAPH_STARTED_FILE')

describe.skipIf(process.platform === 'win32')('a start of Electron', () => {
  test.each([
    ['aborts, as without a sandbox', ['kill -s TRAP $$'], /ended at its start \(SIGTRAP\)/],
    ['breaks', ['kill -s SEGV $$'], /\(SIGSEGV\)/],
    ['reports the signal as a shell does', ['exit 133'], /exit code 133/],
    ['misses a library', ['exit 127'], /library/],
    ['finds no display behind its address', ['exit 1'], /exit code 1/],
    ['hangs', ['exec sleep 600'], /did not start within/],
  ])('that %s is told', async (_name, lines, reason) => {
    using folder = temporaryFolder()
    const { because } = await startElectron(stub(folder.path, ...lines), [], {
      cwd: folder.path,
      hangsAfterMs: lines[0].includes('sleep') ? 300 : 60_000,
    })
    expect(because).toMatch(reason)
  })

  test('that cannot run is reported', async () => {
    using folder = temporaryFolder()
    const { because } = await startElectron(join(folder.path, 'none'), [], { cwd: folder.path })
    expect(because).toContain('ENOENT')
  })

  test.each([
    ['ends in order', ['exit 0'], 0],
    ['hands over to an app that runs already', ['exit 0'], 0],
    ['fails after the app has begun', [BEGINS, 'exit 1'], 1],
    ['is ended by its user, as a shell reports it', ['exit 143'], 143],
    ['breaks long after the app has begun', [BEGINS, 'kill -s TRAP $$'], 1],
    ['is ended by its user', ['kill -s TERM $$'], 1],
  ])('that %s is left alone', async (_name, lines, code) => {
    using folder = temporaryFolder()
    const ended = await startElectron(stub(folder.path, ...lines), [], { cwd: folder.path })
    expect(ended).toEqual({ code })
  })

  test('runs the app, not Node, whatever terminal it comes from', async () => {
    using folder = temporaryFolder()
    vi.stubEnv('ELECTRON_RUN_AS_NODE', '1')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const executable = stub(folder.path, 'test -z "$ELECTRON_RUN_AS_NODE"')
    expect(await startElectron(executable, [], { cwd: folder.path })).toEqual({ code: 0 })
  })
})

/** Runs the launcher on a stub. */
function launch(executable: string, args: string[]): ChildProcess {
  return spawn(
    process.execPath,
    [join(import.meta.dirname, 'pictograph-desktop.mjs'), '--port', '0', ...args],
    {
      env: {
        ...process.env,
        DISPLAY: ':0',
        BROWSER: 'true',
        PATH: '/nowhere',
        ELECTRON_OVERRIDE_DIST_PATH: join(executable, '..'),
        PICTOGRAPH_DATA_DIR: join(executable, '../data'),
      },
    },
  )
}

/** Runs the launcher on a stub until it serves the app; returns its output. */
async function launched(executable: string, args: string[]): Promise<string> {
  const child = launch(executable, args)
  let output = ''
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Serving on')) resolve()
    })
  child.once('exit', () => resolve())
  await promise
  if (child.exitCode === null) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return output
}

describe.skipIf(process.platform !== 'linux')('the launcher', () => {
  test('serves the app when Electron aborts, and says so', { timeout: 120_000 }, async () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'dist'))
    const executable = stub(join(folder.path, 'dist'), 'kill -s TRAP $$')
    const output = await launched(executable, ['--no-sandbox'])
    expect(output).toContain(
      'Electron ended at its start (SIGTRAP). The app is served to your browser',
    )
    expect(output).toContain('Serving on http://127.0.0.1:')
  })

  test('ends with the app, and the app ends with it', async () => {
    using folder = temporaryFolder()
    const executable = stub(
      folder.path,
      `trap '${touch(`${folder.path}/ended`)}; exit 0' TERM`,
      BEGINS,
      'echo runs',
      'while true; do /bin/sleep 0.05; done',
    )
    const child = launch(executable, ['--no-sandbox'])
    await new Promise((runs) => child.stdout?.once('data', runs))
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(thisSystem.stat(join(folder.path, 'ended'))).not.toBeNull()
  })

  test.runIf(process.getuid?.() === 0)(
    'serves the app to root without starting Electron',
    { timeout: 120_000 },
    async () => {
      using folder = temporaryFolder()
      mkdirSync(join(folder.path, 'dist'))
      const executable = stub(join(folder.path, 'dist'), touch(`${folder.path}/ran`), BEGINS)
      const output = await launched(executable, [])
      expect(output).toContain('Electron does not run as root')
      expect(output).toContain('Serving on http://127.0.0.1:')
      expect(thisSystem.stat(join(folder.path, 'ran'))).toBeNull()
    },
  )
})
