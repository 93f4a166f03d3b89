import { readFileSync } from 'node:fs'
import {
  createSecureContext,
  getCACertificates,
  rootCertificates,
  type SecureContext,
} from 'node:tls'
import { isMainThread } from 'node:worker_threads'
import { Threads } from '#core/threads/threads.ts'
import { UserError } from '#core/user-error.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** Of the reading thread's heap: some hundred certificates of two kilobytes. */
const YOUNG_MB = 4

let reading: Promise<readonly string[]> | null = null

/**
 * The system's own store; empty where this runtime cannot read it. It is read in a thread, once: macOS asks a service
 * about each certificate, which takes seconds on machines of companies (nodejs/node#63313).
 */
function systemCertificates(): Promise<readonly string[]> {
  reading ??= readInThread()
  return reading
}

async function readInThread(): Promise<readonly string[]> {
  // This is a thread already: only its own files wait.
  if (!isMainThread) return getCACertificates('system')
  await using threads = new Threads<null, string[]>('certificate-worker', import.meta.dirname, {
    threads: 1,
    youngMb: YOUNG_MB,
  })
  return await threads.do(null).catch(() => [])
}

/** Certificates in a PEM file. Throws a UserError that names the file when there are none. */
export function readCertificates(file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError('ca_file', `${file} cannot be read: ${messageOf(error)}.`)
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)
  if (!found)
    throw new UserError(
      'ca_file',
      `${file} holds no certificate. Choose a PEM file, which begins with -----BEGIN CERTIFICATE-----.`,
    )
  return found
}

/** Of the environment. A packaged Electron ignores it by itself, so it is read here for every host. */
function environmentCertificates(env: NodeJS.ProcessEnv): string[] {
  const file = env.NODE_EXTRA_CA_CERTS || env.SSL_CERT_FILE
  if (!file) return []
  try {
    return readCertificates(file)
  } catch {
    // As Node does: a file that is not there leaves the others trusted.
    return []
  }
}

/** One of each: a system's store has many several times, and most of Node's own. */
function withoutRepetitions(certificates: readonly string[]): string[] {
  return [...new Map(certificates.map((pem) => [pem.replace(/\s/g, ''), pem])).values()]
}

async function readContext(caFile: string | null): Promise<SecureContext> {
  const own = caFile === null ? [] : readCertificates(caFile)
  const system = await systemCertificates()
  const others = [...environmentCertificates(process.env), ...rootCertificates, ...system]
  return createSecureContext({ ca: withoutRepetitions([...own, ...others]) })
}

const contexts = new Map<string | null, Promise<SecureContext>>()

/**
 * Trusts what Node, the system and the environment trust, and what the given file holds; null: no such file.
 * Made once a file and thread. Rejects with a UserError about the file, and reads it again the next time.
 */
export function trustWith(caFile: string | null): Promise<SecureContext> {
  const known = contexts.get(caFile)
  if (known) return known
  const context = readContext(caFile)
  contexts.set(caFile, context)
  context.catch(() => contexts.delete(caFile))
  return context
}
