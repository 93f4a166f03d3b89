import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { messageOf } from '#shared/model/message-of.ts'
import { writeFileAtomic } from './atomic-file.ts'
import type { Secrets } from './ports.ts'
import { codeOf, UserError } from './user-error.ts'

/** How a host encrypts a secret. A keyring may ask the user first, so each call may take long. */
export interface Cipher {
  encrypt(value: string): Promise<string>
  /** Rejects if it can no longer be decrypted. */
  decrypt(stored: string): Promise<string>
  warning(): Promise<string | null>
}

/** Only the owner may read or write it, as ssh keeps its keys. */
const OWNER_ONLY = 0o600
const secretsSchema = z.record(z.string(), z.string())
type Stored = z.infer<typeof secretsSchema>

/** The file's text; null if it does not exist. Throws a UserError if it cannot be read. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw new UserError(
      'secrets_unreadable',
      `${file} cannot be read (${messageOf(error)}). It contains the keys of your accounts. Make it readable and try again.`,
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
 * Stores secrets in a file that only its owner can read. A secret that can no longer be decrypted (another keyring)
 * counts as missing, so the account asks for its key again. A corrupt file counts as empty and is kept beside the new
 * one. A file that is unreadable at the moment is an error, because writing would lose its secrets.
 */
export function secretFile(file: string, cipher: Cipher): Secrets {
  const read = async (): Promise<Stored> => {
    const secrets = parsed(await textOf(file))
    return secrets === 'spoiled' ? {} : secrets
  }
  // Changes run one after another, so that none overwrites another.
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
