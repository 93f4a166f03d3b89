import { ipcRenderer, webUtils } from 'electron'
import { CONNECT_CHANNEL, DROP_CHANNEL } from '#shared/contract/connect.ts'

// The page gets only this: its MessagePort goes to the main process. Nothing is exposed to the page.
window.addEventListener('message', (event) => {
  if (event.source !== window || event.data !== CONNECT_CHANNEL || event.ports.length !== 1) return
  ipcRenderer.postMessage(CONNECT_CHANNEL, null, [event.ports[0]])
})

// A page cannot see the path of a dropped file. An empty path means that it has none.
window.addEventListener(
  'drop',
  (event) => {
    const files = [...(event.dataTransfer?.files ?? [])]
    const paths = files.map((file) => webUtils.getPathForFile(file)).filter((path) => path !== '')
    if (paths.length > 0) window.postMessage({ type: DROP_CHANNEL, paths }, window.location.origin)
  },
  { capture: true },
)
