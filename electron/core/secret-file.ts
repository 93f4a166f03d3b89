import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from './atomic-file.ts'
import type { Secrets } from './ports.ts'

/** How a host makes a secret unreadable for others. */
export interface Cipher {
  encrypt(value: string): string
  /** Throws when it can no longer be read. */
  decrypt(stored: string): string
  warning(): string | null
}

/** Only the owner may read or write it, as ssh keeps its keys. */
const OWNER_ONLY = 0o600

/**
 * Secrets in a file that only its owner can read. What can no longer be read (a spoiled file, another
 * keyring) counts as not there: the account asks for its key again.
 */
export function secretFile(file: string, cipher: Cipher): Secrets {
  const read = async (): Promise<Record<string, string>> => {
    const text = await readFile(file, 'utf8').catch(() => '{}')
    try {
      return z.record(z.string(), z.string()).parse(JSON.parse(text))
    } catch {
      return {}
    }
  }
  // One change after another: two at once would each write without the other's.
  let last: Promise<void> = Promise.resolve()
  const change = (edit: (secrets: Record<string, string>) => void): Promise<void> => {
    last = last
      .catch(() => {})
      .then(async () => {
        const secrets = await read()
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
        return cipher.decrypt(stored)
      } catch {
        return null
      }
    },
    set: async (name, value) => {
      const stored = cipher.encrypt(value)
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
