import { ipcRenderer } from 'electron'
import { CONNECT_CHANNEL } from '#shared/contract/connect.ts'

// All that the page gets: its MessagePort goes to the main process. Nothing is exposed to the page.
window.addEventListener('message', (event) => {
  if (event.source !== window || event.data !== CONNECT_CHANNEL || event.ports.length !== 1) return
  ipcRenderer.postMessage(CONNECT_CHANNEL, null, [event.ports[0]])
})
