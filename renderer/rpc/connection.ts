import type { ClientLink } from '@orpc/client'
import { createORPCClient } from '@orpc/client'
import { RPCLink as MessagePortLink } from '@orpc/client/message-port'
import { RPCLink as WebSocketLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { createStore } from 'zustand/vanilla'
import { CONNECT_CHANNEL } from '#shared/contract/connect.ts'
import type { Contract } from '#shared/contract/contract.ts'
import { t } from '#shared/texts/texts.ts'
import { isServed, rpcProtocols, signIn } from './served-session.ts'

export type Client = ContractRouterClient<Contract>
type Link = ClientLink<Record<never, never>>

/** The core is unreachable at the moment; the connection retries automatically. */
export class ConnectionLostError extends Error {
  constructor() {
    super(t('The app’s engine isn’t responding. Retrying automatically.'))
    this.name = 'ConnectionLostError'
  }
}

/** First and longest pause between two attempts, in milliseconds. */
const RETRY_FIRST_MS = 250
const RETRY_LONGEST_MS = 4_000

export const connection = createStore<{ state: 'connecting' | 'connected' | 'lost' }>(() => ({
  state: 'connecting',
}))

let link: Link | null = null
let waiting: (() => void)[] = []

function setLink(next: Link | null): void {
  link = next
  connection.setState({ state: next ? 'connected' : 'lost' })
  if (!next) return
  for (const go of waiting) go()
  waiting = []
}

function connectWebSocket(pauseMs = RETRY_FIRST_MS): void {
  const again = (nextMs: number) => {
    setLink(null)
    setTimeout(() => connectWebSocket(nextMs), nextMs)
  }
  const later = () => again(Math.min(pauseMs * 2, RETRY_LONGEST_MS))
  // Each time, because a new run of the server has a new cookie.
  signIn().then(() => {
    const socket = new WebSocket(`ws://${location.host}/rpc`, rpcProtocols())
    const current = new WebSocketLink({ websocket: socket })
    let opened = false
    socket.addEventListener('open', () => {
      opened = true
      setLink(current)
    })
    socket.addEventListener('close', () => (opened ? again(RETRY_FIRST_MS) : later()))
  }, later)
}

function connectMessagePort(): void {
  const { port1, port2 } = new MessageChannel()
  window.postMessage(CONNECT_CHANNEL, location.origin, [port2])
  port1.start()
  setLink(new MessagePortLink({ port: port1 }))
}

/** A page of the custom scheme has a preload; any other page is served by host-node. */
export function connect(): void {
  if (isServed()) connectWebSocket()
  else connectMessagePort()
}

/** Calls wait for the first connection; if it is lost later, they fail at once. */
const currentLink: Link = {
  call: async (...args) => {
    if (connection.getState().state === 'connecting')
      await new Promise<void>((go) => waiting.push(go))
    if (!link) throw new ConnectionLostError()
    const own = link
    try {
      return await own.call(...args)
    } catch (error) {
      // The connection broke during the call; the transport's error is not useful.
      throw own === link ? error : new ConnectionLostError()
    }
  },
}

export const client: Client = createORPCClient(currentLink)
