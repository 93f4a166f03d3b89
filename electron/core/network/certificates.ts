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

/** Young heap of the reading thread: a few hundred certificates of two kilobytes. */
const YOUNG_MB = 4

let reading: Promise<readonly string[]> | null = null

/**
 * The system's store; empty if this runtime cannot read it. Read once, in a thread, because macOS asks a service
 * about each certificate, which takes seconds on managed machines (nodejs/node#63313).
 */
function systemCertificates(): Promise<readonly string[]> {
  reading ??= readInThread()
  return reading
}

async function readInThread(): Promise<readonly string[]> {
  // This already is a worker thread, so blocking is fine.
  if (!isMainThread) return getCACertificates('system')
  await using threads = new Threads<null, string[]>('certificate-worker', import.meta.dirname, {
    threads: 1,
    youngMb: YOUNG_MB,
  })
  return await threads.do(null).catch(() => [])
}

/** The certificates in a PEM file. Throws a UserError that names the file if there are none. */
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
      `${file} contains no certificate. Choose a PEM file, which begins with -----BEGIN CERTIFICATE-----.`,
    )
  return found
}

/** Certificates from the environment. A packaged Electron ignores that variable, so it is read here for every host. */
function environmentCertificates(env: NodeJS.ProcessEnv): string[] {
  const file = env.NODE_EXTRA_CA_CERTS || env.SSL_CERT_FILE
  if (!file) return []
  try {
    return readCertificates(file)
  } catch {
    // As in Node, a missing file leaves the other certificates trusted.
    return []
  }
}

/** Removes duplicates: a system's store has many several times, and most of Node's own. */
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
 * Trusts the certificates of Node, the system and the environment, and those of the given file (null: none). Created
 * once per file and thread. Rejects with a UserError about the file, and retries next time.
 */
export function trustWith(caFile: string | null): Promise<SecureContext> {
  const known = contexts.get(caFile)
  if (known) return known
  const context = readContext(caFile)
  contexts.set(caFile, context)
  context.catch(() => contexts.delete(caFile))
  return context
}
