/**
 * A page's MessagePort in Chromium, connected to one of Electron's main process through a real channel of
 * `node:worker_threads`, so what cannot be cloned fails here as in Electron.
 */
import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort as NodePort } from 'node:worker_threads'
import type { Page } from 'playwright'

/** What the page's end and this process exchange: text unchanged, bytes in base64. */
type Wire = { text: string } | { bytes: string }

function encode(data: unknown): Wire {
  if (typeof data === 'string') return { text: data }
  if (data instanceof Uint8Array) return { bytes: Buffer.from(data).toString('base64') }
  if (data instanceof ArrayBuffer) return { bytes: Buffer.from(data).toString('base64') }
  throw new Error(`Neither text nor bytes crossed to the page: ${typeof data}`)
}

const decode = (wire: Wire): unknown =>
  'text' in wire ? wire.text : new Uint8Array(Buffer.from(wire.bytes, 'base64'))

/** `MessagePortMain`: silent until `start`, reports the end of the other side, transfers only ports. */
export class MessagePortMain extends EventEmitter {
  readonly #port: NodePort
  #waiting: unknown[] | null = []

  constructor(port: NodePort) {
    super()
    this.#port = port
    port.on('message', (data) => {
      if (this.#waiting) this.#waiting.push(data)
      else this.emit('message', { data, ports: [] })
    })
    port.on('close', () => this.emit('close'))
  }

  start(): void {
    for (const data of this.#waiting ?? []) this.emit('message', { data, ports: [] })
    this.#waiting = null
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    if (transfer.some((item) => !(item instanceof MessagePortMain)))
      throw new TypeError('Port at index 0 is not a valid port')
    this.#port.postMessage(data)
  }

  close(): void {
    this.#port.close()
  }
}

/** Runs in the page before its scripts: `electron` as a sandboxed preload sees it. */
export function pageSide(): void {
  const ports = new Map<number, MessagePort>()
  const bridge = globalThis as unknown as {
    shellToMain: (message: unknown) => Promise<void>
    shellToPage: (id: number, wire: Wire) => void
    shellPaths: Record<string, string>
    shellElectron: unknown
  }
  // The ports of the previous document are gone.
  bridge.shellToMain({ kind: 'document' })
  let next = 0
  const toWire = (data: unknown): Wire => {
    if (typeof data === 'string') return { text: data }
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array)
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return { bytes: btoa(text) }
  }
  bridge.shellToPage = (id, wire) => {
    const data =
      'text' in wire
        ? wire.text
        : Uint8Array.from(atob(wire.bytes), (character) => character.charCodeAt(0))
    ports.get(id)?.postMessage(data)
  }
  // A request interceptor sees bytes, but not a file of the page.
  const send = globalThis.fetch
  globalThis.fetch = async (input, init) =>
    send(
      input,
      init?.body instanceof Blob ? { ...init, body: await init.body.arrayBuffer() } : init,
    )
  // Paths of dropped files, by name; a file that is not listed has none (it came from a browser).
  bridge.shellPaths = {}
  bridge.shellElectron = {
    ipcRenderer: {
      postMessage: (channel: string, _message: unknown, transfer: MessagePort[]) => {
        const ids = transfer.map((port) => {
          const id = next++
          ports.set(id, port)
          port.onmessage = ({ data }: MessageEvent) => {
            bridge.shellToMain({ kind: 'port', id, wire: toWire(data) })
          }
          return id
        })
        bridge.shellToMain({ kind: 'ipc', channel, ids })
      },
    },
    webUtils: { getPathForFile: (file: File) => bridge.shellPaths[file.name] ?? '' },
  }
}

export type FromPage =
  | { kind: 'document' }
  | { kind: 'ipc'; channel: string; ids: number[] }
  | { kind: 'port'; id: number; wire: Wire }

/** The ports that a page has sent; they close when it is reloaded. */
export class PagePorts {
  readonly #page: Page
  readonly #ports = new Map<number, NodePort>()
  /** Keeps messages in order, like a port. */
  #sent: Promise<unknown> = Promise.resolve()

  constructor(page: Page) {
    this.#page = page
  }

  open(id: number): MessagePortMain {
    const { port1, port2 } = new MessageChannel()
    this.#ports.set(id, port2)
    port2.on('message', (data) => {
      const wire = encode(data)
      this.#sent = this.#sent
        .then(() =>
          this.#page.evaluate(
            ([port, message]) =>
              (globalThis as never as { shellToPage: (a: number, b: Wire) => void }).shellToPage(
                port,
                message,
              ),
            [id, wire] as const,
          ),
        )
        // The page may have closed or been reloaded meanwhile.
        .catch(() => {})
    })
    return new MessagePortMain(port1)
  }

  receive(id: number, wire: Wire): void {
    this.#ports.get(id)?.postMessage(decode(wire))
  }

  closeAll(): void {
    for (const port of this.#ports.values()) port.close()
    this.#ports.clear()
  }
}
