import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from '@playwright/test'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { Shell } from '#tests/shell/shell.ts'

/** Electron's main process, as it is built, with a fake `electron` and pages of a real Chromium. */
function start(dataDir: string, args: string[] = [], env: Record<string, string> = {}): Shell {
  return new Shell(dataDir, args, env)
}

/** The first window, painted and with an answering engine. */
async function isOpen(shell: Shell): Promise<void> {
  const isShown = () =>
    shell
      .run(({ electron, pages }) => {
        const [window] = electron.BrowserWindow.getAllWindows()
        return window?.isShown && pages[0]?.locator('h1, [data-canvas]').first().isVisible()
      })
      // The app is still being loaded.
      .catch(() => false)
  await expect.poll(isShown, { timeout: 20_000 }).toBe(true)
}

const shownText = (shell: Shell, index = 0) =>
  shell.run(({ pages }, at) => pages[at].locator('body').innerText(), index)

test('the app starts in the order that Electron asks for, and its page speaks to the engine', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'a.png'))
  await using shell = start(data.path, [folder.path])
  await isOpen(shell)
  const calls = await shell.run(({ state }) => [...state.calls])
  for (const early of ['protocol.registerSchemesAsPrivileged', 'app.enableSandbox'])
    expect(calls.indexOf(early)).toBeLessThan(calls.indexOf('ready'))
  // The folder of the command line is open: RPC over real ports, and a picture through the scheme.
  await shell.run(({ pages }) =>
    pages[0].locator('[data-canvas][data-ready=true]').waitFor({ timeout: 20_000 }),
  )
  expect(await shell.run(({ pages }) => pages[0].title())).toContain('a.png')
  // The menu bar is made of the page's actions, and Electron takes it.
  expect(await shell.run(({ state }) => JSON.stringify(state.menuBar.template))).toContain(
    'Next image',
  )
})

for (const [name, env] of [
  ['its painting is not told', { SHELL_TELLS_PAINTING: '0' }],
  ['neither painting nor loading is told', { SHELL_TELLS_PAINTING: '0', SHELL_TELLS_LOADING: '0' }],
] as const)
  test(`the window is shown where ${name}`, async () => {
    using data = temporaryFolder()
    await using shell = start(data.path, [], env)
    await isOpen(shell)
    const shows = await shell.run(({ state }) => state.calls.filter((call) => call === 'show 1'))
    expect(shows).toHaveLength(1)
  })

test('a locked keyring halts nothing: the start screen is there, and accounts wait', async () => {
  using data = temporaryFolder()
  await using shell = start(data.path, [], { SHELL_KEYRING_LOCKED: '1' })
  await isOpen(shell)
  await expect.poll(() => shownText(shell)).toContain('Add account')
  expect(await shell.run(({ state }) => state.blockingCalls)).toEqual([])
  // It was asked, and the app goes on all the same.
  expect(await shell.run(({ state }) => state.calls)).toContain('safeStorage')
})

test('the dialog about a page that keeps breaking is read before the app ends with its window', async () => {
  using data = temporaryFolder()
  await using shell = start(data.path)
  await isOpen(shell)
  for (let broken = 0; broken < 4; broken++)
    await shell.run(({ electron }) => {
      electron.BrowserWindow.getAllWindows()[0].webContents.emit(
        'render-process-gone',
        {},
        { reason: 'crashed', exitCode: 5 },
      )
    })
  await expect
    .poll(() => shell.run(({ state }) => state.dialogs.map(({ message }) => message)))
    .toEqual(['The window cannot be shown.'])
  const open = await shell.run(({ electron, state }) => [
    electron.BrowserWindow.getAllWindows().length,
    state.calls.includes('window-all-closed'),
  ])
  expect(open).toEqual([1, false])
  await shell.run(({ state }) => state.dialogs[0].answer(0)).catch(() => {})
  expect((await shell.ended)?.calls).toContain('window-all-closed')
})

test('a page that broke is loaded again where it was, over a new port', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'a.png'))
  await using shell = start(data.path, [folder.path])
  await isOpen(shell)
  const ready = () =>
    shell.run(({ pages }) => pages[0].locator('[data-canvas][data-ready=true]').waitFor())
  await ready()
  await shell.run(({ electron }) => {
    electron.BrowserWindow.getAllWindows()[0].webContents.emit(
      'render-process-gone',
      {},
      { reason: 'crashed', exitCode: 5 },
    )
  })
  await ready()
  await expect.poll(() => shownText(shell)).toContain('Saved')
})

test('a file without a path, dragged from a browser, has a route to its place', async () => {
  using data = temporaryFolder()
  await using shell = start(data.path)
  await isOpen(shell)
  // A place that nobody asked for is refused by the stages themselves, not by the page's files.
  const answer = await shell.run(({ pages }) =>
    pages[0].evaluate(async () => {
      const put = await fetch('/stage/unknown/cat%20picture.jpg', {
        method: 'PUT',
        body: new Uint8Array([1, 2, 3]),
      })
      return put.text()
    }),
  )
  expect(answer).toBe('No such place')
})

test('file:// addresses open, at the start and by a second start', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  using other = temporaryFolder()
  await writeImage(join(folder.path, 'first picture.png'))
  await writeImage(join(other.path, 'second picture.png'))
  const address = (path: string) => pathToFileURL(path).href
  await using shell = start(data.path, [address(join(folder.path, 'first picture.png'))])
  await isOpen(shell)
  const title = () => shell.run(({ pages }) => pages[0].title())
  await expect.poll(title, { timeout: 20_000 }).toContain('first picture.png')
  await using second = start(data.path, [address(other.path)])
  // It hands over, and ends without a window.
  expect((await second.ended)?.code).toBe(0)
  await expect.poll(title, { timeout: 20_000 }).toContain('second picture.png')
  expect(await shell.run(({ electron }) => electron.BrowserWindow.getAllWindows().length)).toBe(1)
})

test('a start while the app is ending begins it again, with what was to be opened', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await using shell = start(data.path)
  await isOpen(shell)
  // As if a second start came between the last window and the end of the process.
  await shell.run(({ electron }, target) => {
    electron.app.once('will-quit', () =>
      electron.app.emit('second-instance', {}, [], '/', { target }),
    )
    electron.app.quit()
  }, folder.path)
  const ended = await shell.ended
  expect(ended?.code).toBe(0)
  expect(ended?.relaunches).toHaveLength(1)
  expect(ended?.relaunches[0].args).toEqual(
    expect.arrayContaining(['--data', data.path, folder.path]),
  )
})

test('a closed terminal ends nothing and shows no dialogs', async () => {
  using data = temporaryFolder()
  await using shell = start(data.path)
  await isOpen(shell)
  shell.child.stdout?.destroy()
  shell.child.stderr?.destroy()
  await shell.run(async () => {
    // More than a pipe holds, so that each write meets the closed end.
    for (let line = 0; line < 2_000; line++) console.error('a line of the log'.repeat(50))
    await new Promise((done) => setImmediate(done))
  })
  await expect.poll(() => shownText(shell)).toContain('Pictograph Desktop')
  expect(await shell.run(({ state }) => state.dialogs.length)).toBe(0)
})

test('links lead out of the app, and nowhere else', async () => {
  using data = temporaryFolder()
  await using shell = start(data.path)
  await isOpen(shell)
  await shell.run(({ pages }) =>
    pages[0].evaluate(() => {
      for (const address of [
        'https://pictograph.io/docs',
        'http://insecure.example/',
        'app://other/',
      ])
        window.open(address, '_blank')
    }),
  )
  await expect
    .poll(() => shell.run(({ state }) => state.openedOutside))
    .toEqual(['https://pictograph.io/docs'])
  await shell.run(({ pages }) =>
    pages[0].evaluate(() => {
      location.href = 'https://evil.example/'
    }),
  )
  await expect
    .poll(() => shell.run(({ state }) => state.calls.filter((call) => call.includes('evil'))))
    .toEqual(['refused https://evil.example/'])
  await expect.poll(() => shownText(shell)).toContain('Pictograph Desktop')
})

test('it ends within two seconds of being asked, with everything on disk', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'a.png'))
  await using shell = start(data.path, [folder.path])
  await isOpen(shell)
  await shell.run(({ pages }) => pages[0].locator('[data-canvas][data-ready=true]').waitFor())
  const asked = performance.now()
  await shell.run(({ electron }) => electron.app.quit()).catch(() => {})
  const ended = await shell.ended
  expect(ended?.code).toBe(0)
  expect(performance.now() - asked).toBeLessThan(4_000)
  const { stdout } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import Database from 'better-sqlite3'; console.log(new Database(${JSON.stringify(join(data.path, 'library.sqlite'))}, { readonly: true }).pragma('integrity_check', { simple: true }))`,
    ],
    { encoding: 'utf8', cwd: import.meta.dirname },
  )
  expect(stdout.trim()).toBe('ok')
})
