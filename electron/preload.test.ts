import { expect, test, vi } from 'vitest'
import { CONNECT_CHANNEL, DROP_CHANNEL } from '#shared/contract/connect.ts'

const postMessage = vi.fn()
vi.mock('electron', () => ({
  ipcRenderer: { postMessage },
  webUtils: { getPathForFile: (file: { path: string }) => file.path },
}))

const listeners = new Map<string, (event: object) => void>()
const page = {
  addEventListener: (name: string, listener: (event: object) => void) =>
    listeners.set(name, listener),
  postMessage: vi.fn(),
  location: { origin: 'app://pictograph' },
}
vi.stubGlobal('window', page)
await import('./preload.ts')
const send = (event: object) => listeners.get('message')?.(event)
const drop = (paths: readonly string[]) =>
  listeners.get('drop')?.({ dataTransfer: { files: paths.map((path) => ({ path })) } })

test('passes on one port of the page itself, and nothing else', () => {
  const port = {}
  send({ source: {}, data: CONNECT_CHANNEL, ports: [port] })
  send({ source: page, data: 'something else', ports: [port] })
  send({ source: page, data: CONNECT_CHANNEL, ports: [] })
  send({ source: page, data: CONNECT_CHANNEL, ports: [port, port] })
  expect(postMessage).not.toHaveBeenCalled()
  send({ source: page, data: CONNECT_CHANNEL, ports: [port] })
  expect(postMessage).toHaveBeenCalledExactlyOnceWith(CONNECT_CHANNEL, null, [port])
})

test('the page gets the paths of dropped files', () => {
  drop(['', ''])
  expect(page.postMessage).not.toHaveBeenCalled()
  drop(['/pictures/a', '', '/pictures/b.zip'])
  expect(page.postMessage).toHaveBeenCalledExactlyOnceWith(
    { type: DROP_CHANNEL, paths: ['/pictures/a', '/pictures/b.zip'] },
    'app://pictograph',
  )
})

test('nothing is exposed to the page', () => {
  expect([...listeners.keys()].sort()).toEqual(['drop', 'message'])
  expect(Object.keys(page).sort()).toEqual(['addEventListener', 'location', 'postMessage'])
})
