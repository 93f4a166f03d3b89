import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from '@playwright/test'
import Database from 'better-sqlite3'
import { DATABASE_FILE } from '#core/cache/database.ts'
import { crashLoop } from '#core/crash-loop.ts'
import { JOURNAL, WorkInHand } from '#core/work-in-hand.ts'
import { startEmulator } from '#emulator/server.ts'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { Shell } from '#tests/shell/shell.ts'

/** The built main process of Electron, with a fake `electron` and pages of a real Chromium. */
function start(dataDir: string, args: string[] = [], env: Record<string, string> = {}): Shell {
  return new Shell(dataDir, args, env)
}

/** The first window, painted and with a responding core. */
async function isOpen(shell: Shell): Promise<void> {
  const isShown = () =>
    shell
      .run(({ electron, pages }) => {
        const [window] = electron.BrowserWindow.getAllWindows()
        return window?.isShown && pages[0]?.locator('h1, [data-canvas]').first().isVisible()
      })
      // The app is still loading.
      .catch(() => false)
  await expect.poll(isShown, { timeout: 20_000 }).toBe(true)
}

/** `openedMs`: what opening took. On a machine busy with other tests, closing may take as long. */
async function closesSoon(shell: Shell, openedMs: number): Promise<void> {
  const asked = performance.now()
  await shell.run(({ electron }) => electron.app.quit()).catch(() => {})
  expect((await shell.ended)?.code).toBe(0)
  expect(performance.now() - asked).toBeLessThan(Math.max(4_000, openedMs))
}

const shownText = (shell: Shell, index = 0) =>
  shell.run(({ pages }, at) => pages[at].locator('body').innerText(), index)

test('the app starts in the order that Electron requires, and its page reaches the core', async () => {
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
  await expect.poll(() => shell.run(({ pages }) => pages[0].title())).toContain('a.png')
  // The menu bar contains the page's actions, and Electron accepts it.
  await expect
    .poll(() => shell.run(({ state }) => JSON.stringify(state.menuBar.template)))
    .toContain('Next image')
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

test('a locked keyring blocks nothing: the start screen appears, and accounts wait', async () => {
  using data = temporaryFolder()
  await using shell = start(data.path, [], { SHELL_KEYRING_LOCKED: '1' })
  await isOpen(shell)
  await expect.poll(() => shownText(shell)).toContain('Add account')
  expect(await shell.run(({ state }) => state.blockingCalls)).toEqual([])
  // The keyring was asked, and the app works anyway.
  await expect.poll(() => shell.run(({ state }) => state.calls)).toContain('safeStorage')
})

test('the dialog about a page that keeps crashing stays until it is closed, then the app ends', async () => {
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
    .toEqual(['The window can’t be shown.'])
  const open = await shell.run(({ electron, state }) => [
    electron.BrowserWindow.getAllWindows().length,
    state.calls.includes('window-all-closed'),
  ])
  expect(open).toEqual([1, false])
  await shell.run(({ state }) => state.dialogs[0].answer(0)).catch(() => {})
  expect((await shell.ended)?.calls).toContain('window-all-closed')
})

test('a crashed page is reloaded at the same place, over a new port', async () => {
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

test('files dragged from a browser are uploaded; a locked keyring does not delay closing the app', async () => {
  using data = temporaryFolder()
  using ofService = temporaryFolder()
  await using service = await startEmulator({ dataDir: ofService.path, seeded: true })
  {
    await using shell = start(data.path)
    await isOpen(shell)
    await shell.run(async ({ pages: [page] }, url) => {
      await page.getByRole('button', { name: 'Add account' }).click()
      await page.getByLabel('API key').fill('pk_live_member')
      await page.getByLabel('Service address').fill(url)
      await page.getByRole('button', { name: 'Add account', exact: true }).last().click()
      await page.getByRole('heading', { name: 'Emulated Organisation' }).waitFor()
      const dropped = await page.evaluateHandle(async () => {
        const canvas = new OffscreenCanvas(16, 12)
        canvas.getContext('2d')?.fillRect(0, 0, 8, 8)
        const transfer = new DataTransfer()
        transfer.items.add(new File([await canvas.convertToBlob()], 'a cat & dog.png'))
        return transfer
      })
      await page.dispatchEvent('body', 'drop', { dataTransfer: dropped })
      await page.getByRole('textbox', { name: 'Name' }).fill('dropped')
      await page.getByRole('button', { name: /^Create/ }).click()
      await page.getByRole('button', { name: /^Upload 1 image/ }).click()
    }, service.url)
    const images = () => service.state.images(service.state.dataset('dropped').id)
    await expect
      .poll(() => images().map(({ filename }) => filename), { timeout: 20_000 })
      .toHaveLength(1)
    await expect.poll(() => readdirSync(join(data.path, 'stages'))).toEqual([])
    await shell.run(({ electron }) => electron.app.quit()).catch(() => {})
    expect((await shell.ended)?.code).toBe(0)
  }
  // The account's key waits for the user, who does not come.
  const began = performance.now()
  await using shell = start(data.path, [], { SHELL_KEYRING_LOCKED: '1' })
  await isOpen(shell)
  const openedMs = performance.now() - began
  await expect.poll(() => shell.run(({ state }) => state.calls)).toContain('safeStorage')
  await closesSoon(shell, openedMs)
})

test('the folder dialog belongs to its window, and opens at the last choice', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'a.png'))
  await using shell = start(data.path)
  await isOpen(shell)
  const asks = async () => {
    await shell.run(({ pages: [page] }) => page.getByText('Open folder…').first().click())
    await expect.poll(() => shell.run(({ state }) => state.folderDialogs.length)).toBe(1)
    return shell.run(({ state: { folderDialogs } }) => ({ ...folderDialogs[0], choose: null }))
  }
  expect(await asks()).toMatchObject({ parent: 1, from: data.path })
  await shell.run(({ state }, path) => state.folderDialogs[0].choose(path), folder.path)
  await shell.run(async ({ pages: [page] }) => {
    await page.locator('[data-canvas][data-ready=true]').waitFor()
    await page.getByRole('button', { name: 'Back to the start screen' }).click()
    await page.getByText('Open folder…').first().waitFor()
  })
  expect(await asks()).toMatchObject({ parent: 1, from: folder.path })
  // It is still open when the last window closes.
  await shell
    .run(({ electron }) => electron.BrowserWindow.getAllWindows()[0].close())
    .catch(() => {})
  expect((await shell.ended)?.code).toBe(0)
})

test('a Mac’s menu handles Cmd+Z, which undoes typing in a dialog’s field', async () => {
  using data = temporaryFolder()
  await using shell = start(data.path)
  await isOpen(shell)
  await shell.run(async ({ pages: [page] }) => {
    await page.getByRole('button', { name: 'Add account' }).click()
    await page.getByLabel('API key').click()
    await page.keyboard.type('typed')
  })
  const field = () => shell.run(({ pages: [page] }) => page.getByLabel('API key').inputValue())
  expect(await field()).toBe('typed')
  await shell.run(({ state }) => {
    interface Entry {
      id?: string
      submenu?: Entry[]
      click?: (item: unknown, window: unknown, event: object) => void
    }
    const all = (entries: Entry[]): Entry[] =>
      entries.flatMap((entry) => [entry, ...all(entry.submenu ?? [])])
    const undo = all(state.menuBar.template as Entry[]).find(({ id }) => id === 'undo')
    undo?.click?.({}, null, { triggeredByAccelerator: true })
  })
  await expect.poll(field).not.toBe('typed')
})

test('a second start during startup is noticed, and menus use the language of the settings', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'handed over.png'))
  {
    await using shell = start(data.path)
    await isOpen(shell)
    await shell.run(({ electron }) => electron.app.quit()).catch(() => {})
    await shell.ended
  }
  const library = new Database(join(data.path, DATABASE_FILE))
  library
    .prepare('INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)')
    .run('settings', JSON.stringify({ language: 'en-XA' }))
  library.close()
  const waiting = join(data.path, 'electron/handed-over')
  mkdirSync(waiting, { recursive: true })
  writeFileSync(join(waiting, '1.json'), JSON.stringify({ target: folder.path }))
  await using shell = start(data.path)
  await isOpen(shell)
  await expect
    .poll(() => shell.run(({ pages }) => pages[0].title()), { timeout: 20_000 })
    .toContain('handed over.png')
  expect(await shell.run(({ electron }) => electron.BrowserWindow.getAllWindows().length)).toBe(1)
  const labels = () =>
    shell.run(({ state }) =>
      state.menuBar.template.map((menu) => (menu as { label: string }).label),
    )
  await expect
    .poll(async () => (await labels()).filter((label) => !label.includes('⟦')))
    .toEqual([])
  expect((await labels()).length).toBeGreaterThan(0)
})

test('file:// addresses open at startup and by a second start', async () => {
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
  // It passes its target on, and ends without a window.
  expect((await second.ended)?.code).toBe(0)
  await expect.poll(title, { timeout: 20_000 }).toContain('second picture.png')
  expect(await shell.run(({ electron }) => electron.BrowserWindow.getAllWindows().length)).toBe(1)
})

test('a start while the app is closing restarts it with its target', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await using shell = start(data.path)
  await isOpen(shell)
  // Simulates a second start between the last window and the end of the process.
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

test('a start while the windows close opens its target in a remaining window, or in the next start', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'a.png'))
  await using shell = start(data.path)
  await isOpen(shell)
  const quit = (target: string) =>
    shell.run(({ electron }, handedOver) => {
      electron.app.once('before-quit', () =>
        electron.app.emit('second-instance', {}, [], '/', { target: handedOver }),
      )
      electron.app.quit()
    }, target)
  // The page has unsaved edits, and the user answers “Wait”.
  await shell.run(({ pages }) =>
    pages[0].evaluate(() =>
      addEventListener('beforeunload', (event) => event.preventDefault(), { once: true }),
    ),
  )
  await quit(folder.path)
  const title = () => shell.run(({ pages }) => pages[0].title())
  await expect.poll(title, { timeout: 20_000 }).toContain('a.png')
  await quit(join(folder.path, 'a.png'))
  const ended = await shell.ended
  expect(ended?.relaunches.map(({ args }) => args.at(-1))).toEqual([join(folder.path, 'a.png')])
})

test('closing the terminal ends nothing and shows no dialogs', async () => {
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

test('links open only in the system’s browser', async () => {
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

test('it closes in four seconds or the time it took to open, with everything on disk', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'a.png'))
  const began = performance.now()
  await using shell = start(data.path, [folder.path])
  await isOpen(shell)
  await shell.run(({ pages }) => pages[0].locator('[data-canvas][data-ready=true]').waitFor())
  await closesSoon(shell, performance.now() - began)
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

test('after two crashes in a row during the same work, it is named and does not resume', async () => {
  using data = temporaryFolder()
  using folder = temporaryFolder()
  await writeImage(join(folder.path, 'a.png'))
  // Two runs that ended without closing.
  for (let run = 0; run < 2; run++) {
    expect(crashLoop(data.path)).toBeUndefined()
    const journal = join(data.path, JOURNAL)
    let left: Buffer
    {
      using inHand = new WorkInHand(data.path)
      inHand.begin({ kind: 'folder', id: 'd1', name: 'harbour photos' })
      left = readFileSync(journal)
    }
    // Closing emptied it, which a crash does not.
    writeFileSync(journal, left)
  }
  await using shell = start(data.path, [folder.path])
  await isOpen(shell)
  await expect.poll(() => shownText(shell)).toContain('harbour photos')
  expect(await shownText(shell)).toContain('twice in a row')
})
