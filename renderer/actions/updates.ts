import { client } from '#renderer/rpc/connection.ts'
import { t } from '#shared/texts/texts.ts'
import { notify, notifyError } from './app-state.ts'

const told = new Set<string>()

/** Asks once per version. */
export function notifyUpdate(version: string): void {
  if (told.has(version)) return
  told.add(version)
  notify(
    t('Version {version} is available. See what’s new in Settings → About.', {
      version,
    }),
  )
}

export function changeUpdate(step: 'check' | 'download' | 'install' | 'refuse'): void {
  client.app.changeUpdate({ step }).catch(notifyError)
}
