import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { WebSocket } from 'ws'
import type { Contract } from '#shared/contract/contract.ts'

/** What a browser's page holds after it opened an address of the served app. */
export interface ServedPage {
  origin: string
  cookie: string
  secret: string
}

/** Opens a printed address, as a browser does. */
export async function openAddress(url: string): Promise<ServedPage> {
  const { origin } = new URL(url)
  const entered = await fetch(url, { redirect: 'manual' })
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0]
  const claim = entered.headers.get('location')?.split('claim=')[1]
  return exchange(origin, claim ?? '', cookie)
}

/** What a page does after the server was started again: its secret brings a new cookie. */
export async function exchange(origin: string, given: string, cookie = ''): Promise<ServedPage> {
  const exchanged = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { authorization: `Bearer ${given}`, cookie },
  })
  const { secret } = (await exchanged.json()) as { secret: string }
  return {
    origin,
    secret,
    cookie: (exchanged.headers.get('set-cookie') ?? cookie).split(';')[0],
  }
}

/** Connects to the core as a page does. Rejects when it is refused. */
export async function connectPage({ origin, cookie, secret }: ServedPage) {
  const socket = new WebSocket(
    `${origin.replace('http', 'ws')}/rpc`,
    ['pictograph', `secret.${secret}`],
    { headers: { cookie, origin } },
  )
  await new Promise((opened, failed) => socket.once('open', opened).once('error', failed))
  // A connection that breaks later fails its calls.
  socket.on('error', () => {})
  const link = new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })
  const client: ContractRouterClient<Contract> = createORPCClient(link)
  return { client, socket, [Symbol.dispose]: () => socket.terminate() }
}
