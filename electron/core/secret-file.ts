import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { messageOf } from '#shared/model/message-of.ts'
import { writeFileAtomic } from './atomic-file.ts'
import type { Secrets } from './ports.ts'
import { codeOf, UserError } from './user-error.ts'

/** How a host makes a secret unreadable for others. A keyring may ask the person first, so each answer may take long. */
export interface Cipher {
  encrypt(value: string): Promise<string>
  /** Rejects when it can no longer be read. */
  decrypt(stored: string): Promise<string>
  warning(): Promise<string | null>
}

/** Only the owner may read or write it, as ssh keeps its keys. */
const OWNER_ONLY = 0o600
const secretsSchema = z.record(z.string(), z.string())
type Stored = z.infer<typeof secretsSchema>

/** The file's text; null when there is none. Throws a UserError when it is there and cannot be read. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new UserError(
      'secrets_unreadable',
      `${file} cannot be read (${messageOf(error)}). It holds the keys of your accounts: make it readable, and try again.`,
    )
  }
}

function parsed(text: string | null): Stored | 'spoiled' {
  if (text === null) return {}
  try {
    return secretsSchema.parse(JSON.parse(text))
  } catch {
    return 'spoiled'
  }
}

/**
 * Secrets in a file that only its owner can read. A secret that can no longer be decrypted (another keyring) counts
 * as not there: the account asks for its key again. A spoiled file counts as empty, and is kept beside the new
 * one. A file that cannot be read at the moment is an error: writing would lose the secrets in it.
 */
export function secretFile(file: string, cipher: Cipher): Secrets {
  const read = async (): Promise<Stored> => {
    const secrets = parsed(await textOf(file))
    return secrets === 'spoiled' ? {} : secrets
  }
  // One change after another: two at once would each write without the other's.
  let last: Promise<void> = Promise.resolve()
  const change = (edit: (secrets: Stored) => void): Promise<void> => {
    last = last
      .catch(() => {})
      .then(async () => {
        const found = parsed(await textOf(file))
        if (found === 'spoiled') await rename(file, `${file}.spoiled-${Date.now()}`)
        const secrets = found === 'spoiled' ? {} : found
        edit(secrets)
        await writeFileAtomic(file, JSON.stringify(secrets), OWNER_ONLY)
      })
    return last
  }
  return {
    get: async (name) => {
      const stored = (await read())[name]
      if (stored === undefined) return null
      try {
        return await cipher.decrypt(stored)
      } catch {
        return null
      }
    },
    set: async (name, value) => {
      const stored = await cipher.encrypt(value)
      await change((secrets) => {
        secrets[name] = stored
      })
    },
    delete: (name) =>
      change((secrets) => {
        delete secrets[name]
      }),
    warning: () => cipher.warning(),
  }
}
