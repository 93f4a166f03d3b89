import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { NetworkError, ServerError } from './errors.ts'
import type { Http } from './http.ts'
import { networkError } from './network-error.ts'
import { backoffMs } from './retry.ts'
import { getStorage } from './storage.ts'

interface Saving {
  signal?: AbortSignal
}

/** A body and its announced length in bytes; null if not announced. */
interface Received {
  body: Readable
  sizeBytes: number | null
}

/** The chunks of a body. A broken connection, or an end before the announced length, becomes a NetworkError. */
async function* chunksOf({ body, sizeBytes }: Received, route: string): AsyncGenerator<Buffer> {
  let bytes = 0
  try {
    for await (const chunk of body) {
      bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    throw networkError(error, route)
  }
  if (sizeBytes !== null && bytes !== sizeBytes)
    throw new NetworkError(`It broke off after ${bytes} of ${sizeBytes} bytes`, { route })
}

/** A whole body. Throws a NetworkError, or the signal's reason. */
export async function readBody(
  received: Received,
  route: string,
  { signal }: Saving,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of chunksOf(received, route)) chunks.push(chunk)
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
  return Buffer.concat(chunks)
}

/**
 * Writes a body to a file, under a temporary name until it is complete. Throws a NetworkError, the signal's reason,
 * or the system's error about the file.
 */
export async function saveBody(
  received: Received,
  file: string,
  route: string,
  { signal }: Saving,
): Promise<void> {
  const part = `${file}.part`
  await mkdir(dirname(file), { recursive: true })
  try {
    const options = { ...(signal && { signal }) }
    await pipeline(chunksOf(received, route), createWriteStream(part), options)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    signal?.throwIfAborted()
    throw error
  }
}

/** Downloads from a signed address to a file, with retries. Throws a PictographError, or as `saveBody`. */
export async function saveStorage(
  http: Http,
  address: string,
  file: string,
  { signal, retries = http.maxRetries }: Saving & { retries?: number },
): Promise<void> {
  const saving = { ...(signal && { signal }) }
  for (let attempt = 0; ; attempt++) {
    try {
      const received = await getStorage(http.dispatcher, address, saving)
      return await saveBody(received, file, 'GET storage', saving)
    } catch (error) {
      signal?.throwIfAborted()
      const isPassing = error instanceof NetworkError || error instanceof ServerError
      if (!isPassing || attempt >= retries) throw error
      await http.clock.sleep(backoffMs(attempt, http.clock.random()), signal)
    }
  }
}
