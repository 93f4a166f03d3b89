import { readFileSync } from 'node:fs'
import {
  createSecureContext,
  getCACertificates,
  rootCertificates,
  type SecureContext,
} from 'node:tls'
import { UserError } from '#core/user-error.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** The system's own store; empty where this runtime cannot read it. */
function systemCertificates(): readonly string[] {
  try {
    return getCACertificates('system')
  } catch {
    return []
  }
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

const contexts = new Map<string | null, SecureContext>()

/**
 * Trusts what Node, the system and the environment trust, and what the given file holds; null: no such file.
 * Made once a file and thread: it parses some hundred certificates. Throws a UserError about the file.
 */
export function trustWith(caFile: string | null): SecureContext {
  const known = contexts.get(caFile)
  if (known) return known
  const own = caFile === null ? [] : readCertificates(caFile)
  const others = [
    ...environmentCertificates(process.env),
    ...rootCertificates,
    ...systemCertificates(),
  ]
  // A system's store has many of them several times.
  const context = createSecureContext({ ca: [...new Set([...own, ...others])] })
  contexts.set(caFile, context)
  return context
}
