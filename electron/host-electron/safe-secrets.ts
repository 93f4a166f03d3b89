import { join } from 'node:path'
import { safeStorage } from 'electron'
import type { Secrets } from '#core/ports.ts'
import { secretFile } from '#core/secret-file.ts'
import { haltWatching } from '#hosts/watchdog.ts'
import { t } from '#shared/texts/texts.ts'

/** What is stored as it is, because there is nothing to encrypt it with. */
const PLAIN = 'plain:'
/** A keyring that is locked asks the person first; nobody waits for a warning meanwhile. Milliseconds. */
const WARNING_WITHIN_MS = 1_000

/** The keyring may ask for a password. On some systems that halts this process, which is no hang. */
async function unwatched<T>(work: () => Promise<T>): Promise<T> {
  using _halted = haltWatching()
  return await work()
}

/** Without a keyring Linux may say that it encrypts, with a password that everybody knows. */
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
 * Secrets encrypted with the system's keyring; where there is none, in a file that only its owner can read, with a
 * warning. Only Electron's asynchronous calls are used: the others halt this process until a locked keyring has been
 * unlocked. Use only after `ready`.
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
