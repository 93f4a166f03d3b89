import { join } from 'node:path'
import { safeStorage } from 'electron'
import type { Secrets } from '#core/ports.ts'
import { secretFile } from '#core/secret-file.ts'

const NO_KEYRING =
  'This system offers no keyring: the key is stored in a form that other programs of yours could read. Install and unlock a keyring (GNOME Keyring, KWallet) to keep it well.'

/** Secrets encrypted with the system's keyring. Use only after `ready`. */
export function safeSecrets(dataDir: string): Secrets {
  return secretFile(join(dataDir, 'secrets.encrypted.json'), {
    encrypt: (value) => safeStorage.encryptString(value).toString('base64'),
    decrypt: (stored) => safeStorage.decryptString(Buffer.from(stored, 'base64')),
    warning: () =>
      process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text'
        ? NO_KEYRING
        : null,
  })
}
