import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'

const registerSchemesAsPrivileged = vi.fn()
const handle = vi.fn()
let backend = 'gnome_libsecret'
let isAvailable = true
/** Only the asynchronous calls: the others block the process until the user has unlocked the keyring. */
const safeStorage = {
  isAsyncEncryptionAvailable: async () => isAvailable && backend !== 'basic_text',
  // Like Electron: without a keyring it rejects.
  encryptStringAsync: async (text: string) => {
    if (!isAvailable || backend === 'basic_text') throw new Error('Encryption is not available')
    return Buffer.from([...text].reverse().join(''))
  },
  decryptStringAsync: async (stored: Buffer) => {
    const text = stored.toString()
    if (!text.includes('_kp')) throw new Error('another keyring')
    return { result: [...text].reverse().join(''), shouldReEncrypt: false }
  },
  getSelectedStorageBackend: () => backend,
}
const openPath = vi.fn(async () => '')
const showOpenDialog = vi.fn(async () => ({ canceled: true, filePaths: [] as string[] }))
vi.mock('electron', () => ({
  app: {
    getVersion: () => '1.2.3',
    isPackaged: false,
    getAppPath: () => '/app',
    getPath: () => '/home/ada',
  },
  BrowserWindow: { fromId: (id: number) => ({ id, isDestroyed: () => false }) },
  dialog: { showOpenDialog },
  net: { fetch: vi.fn() },
  protocol: { registerSchemesAsPrivileged, handle },
  safeStorage,
  shell: { openPath },
}))
const { handleScheme, registerScheme } = await import('./protocol.ts')
const { safeSecrets } = await import('./safe-secrets.ts')
const { electronPorts } = await import('./electron-ports.ts')

test('the scheme is a separate secure origin', () => {
  registerScheme()
  expect(registerSchemesAsPrivileged).toHaveBeenCalledExactlyOnceWith([
    { scheme: 'app', privileges: expect.objectContaining({ standard: true, secure: true }) },
  ])
  const [[[{ privileges }]]] = registerSchemesAsPrivileged.mock.calls as [
    [[{ privileges: object }]],
  ]
  expect(privileges).not.toHaveProperty('bypassCSP')
  expect(privileges).not.toHaveProperty('corsEnabled')
})

test('serves our page with its policy, and pictures; nothing of another host or above its folder', async () => {
  using folder = temporaryFolder()
  const renderer = join(folder.path, 'renderer')
  mkdirSync(join(renderer, 'assets'), { recursive: true })
  writeFileSync(
    join(renderer, 'index.html'),
    '<html><script nonce="__CSP_NONCE__"></script></html>',
  )
  writeFileSync(join(renderer, 'assets/app.js'), 'export {}')
  writeFileSync(join(folder.path, 'secret.txt'), 'secret')
  const media = vi.fn(() => new Response('picture'))
  const stage = vi.fn(async () => new Response('stage'))
  handleScheme({ media, stages: { handle: stage } } as never, renderer, undefined)
  const [[, answer]] = handle.mock.calls as [[string, (request: Request) => Promise<Response>]]
  const get = (url: string) => answer({ url, method: 'GET', headers: new Headers() } as Request)

  const page = await get('app://pictograph/')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(page.status).toBe(200)
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/unsafe-(?:inline|eval)/)
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1]
  expect(await page.text()).toContain(`nonce="${nonce}"`)
  expect((await get('app://pictograph/assets/app.js')).status).toBe(200)
  await get('app://pictograph/media/image/1')
  expect(media).toHaveBeenCalledOnce()
  await get('app://pictograph/stage/1/a.png')
  expect(stage).toHaveBeenCalledOnce()
  for (const url of [
    'app://other/',
    'app://other/media/image/1',
    'app://pictograph/..%2fsecret.txt',
    'app://pictograph/assets/..%2f..%2fsecret.txt',
    'app://pictograph/%2e%2e/secret.txt',
  ])
    expect([url, (await get(url)).status]).toEqual([url, 404])
  expect(media).toHaveBeenCalledOnce()
})

test('keys are stored encrypted; one of another keyring counts as missing; a missing keyring is reported', async () => {
  using folder = temporaryFolder()
  const secrets = safeSecrets(folder.path)
  await secrets.set('account', 'pk_live_abc')
  expect(await secrets.get('account')).toBe('pk_live_abc')
  const file = join(folder.path, 'secrets.encrypted.json')
  expect(readFileSync(file, 'utf8')).not.toContain('pk_live_abc')
  writeFileSync(file, JSON.stringify({ account: Buffer.from('xyz').toString('base64') }))
  expect(await secrets.get('account')).toBeNull()
  expect(await secrets.warning()).toBeNull()
  // Without a keyring an account can still be added, with a warning.
  isAvailable = false
  expect(await secrets.warning()).toMatch(/keyring/)
  await secrets.set('account', 'pk_live_plain')
  expect(await secrets.get('account')).toBe('pk_live_plain')
  isAvailable = true
  expect(await secrets.get('account')).toBe('pk_live_plain')
  if (process.platform !== 'linux') return
  backend = 'basic_text'
  expect(await secrets.warning()).toMatch(/keyring/)
  await secrets.set('other', 'pk_live_other')
  expect(await secrets.get('other')).toBe('pk_live_other')
})

test('the file manager shows only folders, because opening a file could start a program', async () => {
  using folder = temporaryFolder()
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const { revealFolder, pickFolder, appVersion } = electronPorts(folder.path, log)
  const program = join(folder.path, 'program.sh')
  writeFileSync(program, '')
  await expect(revealFolder?.(program)).rejects.toThrow('not a folder')
  expect(openPath).not.toHaveBeenCalled()
  await revealFolder?.(folder.path)
  expect(openPath).toHaveBeenCalledExactlyOnceWith(folder.path)
  openPath.mockResolvedValueOnce('no file manager')
  await expect(revealFolder?.(folder.path)).rejects.toThrow('no file manager')
  expect(await pickFolder?.({ title: 'Open', windowId: null, from: null })).toBeNull()
  expect(appVersion).toBe('1.2.3')
})

test('the folder dialog belongs to its window, and opens at the last choice', async () => {
  using folder = temporaryFolder()
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const { pickFolder } = electronPorts(folder.path, log)
  showOpenDialog.mockClear()
  showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: ['/data/cats'] })
  expect(await pickFolder?.({ title: 'Open', windowId: '7', from: folder.path })).toBe('/data/cats')
  expect(showOpenDialog).toHaveBeenLastCalledWith(
    expect.objectContaining({ id: 7 }),
    expect.objectContaining({ title: 'Open', defaultPath: folder.path }),
  )
  // For a missing folder, the system would choose another.
  await pickFolder?.({ title: 'Open', windowId: '7', from: join(folder.path, 'gone') })
  expect(showOpenDialog).toHaveBeenLastCalledWith(
    expect.anything(),
    expect.objectContaining({ defaultPath: '/home/ada' }),
  )
})

test('a keyring that waits for its password blocks neither the app nor its watchdog', async () => {
  using folder = temporaryFolder()
  const available = vi
    .spyOn(safeStorage, 'isAsyncEncryptionAvailable')
    .mockReturnValue(new Promise<boolean>(() => {}))
  try {
    const secrets = safeSecrets(folder.path)
    const kept = secrets.set('account', 'pk_live_abc')
    expect(await secrets.warning()).toBeNull()
    expect(await Promise.race([kept, Promise.resolve('waits')])).toBe('waits')
  } finally {
    available.mockRestore()
  }
})
