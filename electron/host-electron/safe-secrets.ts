import { join } from 'node:path'
import { safeStorage } from 'electron'
import type { Secrets } from '#core/ports.ts'
import { secretFile } from '#core/secret-file.ts'

const NO_KEYRING =
  'This system offers no keyring: the key is stored in a file that other programs of yours could read. Install and unlock a keyring (GNOME Keyring, KWallet) to keep it well.'

/** What is stored as it is, because there is nothing to encrypt it with. */
const PLAIN = 'plain:'

/** Linux without a keyring may say that it encrypts, with a password that everybody knows. */
const isKeptWell = (): boolean =>
  safeStorage.isEncryptionAvailable() &&
  !(process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text')

/**
 * Secrets encrypted with the system's keyring; where there is none, in a file that only its owner can read, and the
 * person is told. Use only after `ready`.
 */
export function safeSecrets(dataDir: string): Secrets {
  return secretFile(join(dataDir, 'secrets.encrypted.json'), {
    encrypt: (value) =>
      isKeptWell()
        ? safeStorage.encryptString(value).toString('base64')
        : PLAIN + Buffer.from(value).toString('base64'),
    decrypt: (stored) =>
      stored.startsWith(PLAIN)
        ? Buffer.from(stored.slice(PLAIN.length), 'base64').toString()
        : safeStorage.decryptString(Buffer.from(stored, 'base64')),
    warning: () => (isKeptWell() ? null : NO_KEYRING),
  })
}
