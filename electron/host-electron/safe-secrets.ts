import { join } from 'node:path'
import { safeStorage } from 'electron'
import type { Secrets } from '#core/ports.ts'
import { secretFile } from '#core/secret-file.ts'
import { haltWatching } from '#hosts/watchdog.ts'
import { t } from '#shared/texts/texts.ts'

/** Prefix of a secret that is stored as it is, because nothing can encrypt it. */
const PLAIN = 'plain:'
/** A locked keyring asks the user first; do not wait that long for a warning. Milliseconds. */
const WARNING_WITHIN_MS = 1_000

/** The keyring may ask for a password, which blocks this process on some systems. That is not a hang. */
async function unwatched<T>(work: () => Promise<T>): Promise<T> {
  using _halted = haltWatching()
  return await work()
}

/** On Linux without a keyring, Electron may report encryption, but with a publicly known password. */
async function isKeptWell(): Promise<boolean> {
  const isAvailable = await unwatched(() => safeStorage.isAsyncEncryptionAvailable())
  return (
    isAvailable &&
    !(process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text')
  )
}

async function warning(): Promise<string | null> {
  const notKnownYet = new Promise<boolean>((done) => setTimeout(done, WARNING_WITHIN_MS, true))
  if (await Promise.race([isKeptWell(), notKnownYet])) return null
  return t(
    'This system offers no keyring, so keys are kept in a file that your other programs could read. To keep them well, install and unlock a keyring (GNOME Keyring, KWallet).',
  )
}

/**
 * Stores secrets encrypted with the system's keyring; without one, in a file that only its owner can read, with a
 * warning. It uses only Electron's asynchronous calls, because the others block this process until a locked keyring
 * is unlocked. Use only after `ready`.
 */
export function safeSecrets(dataDir: string): Secrets {
  return secretFile(join(dataDir, 'secrets.encrypted.json'), {
    encrypt: async (value) =>
      (await isKeptWell())
        ? (await unwatched(() => safeStorage.encryptStringAsync(value))).toString('base64')
        : PLAIN + Buffer.from(value).toString('base64'),
    decrypt: async (stored) => {
      if (stored.startsWith(PLAIN))
        return Buffer.from(stored.slice(PLAIN.length), 'base64').toString()
      const encrypted = Buffer.from(stored, 'base64')
      return (await unwatched(() => safeStorage.decryptStringAsync(encrypted))).result
    },
    warning,
  })
}
