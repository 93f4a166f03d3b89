import { powerMonitor } from 'electron'
import type { AppCore } from '#core/app-core.ts'
import { messageOf } from '#shared/model/message-of.ts'

/** Pauses transfers before the machine sleeps, because their connections would break, and resumes them afterwards. */
export function followPower({ suspend, wake, ports }: Pick<AppCore, 'suspend' | 'wake' | 'ports'>) {
  const failed = (error: unknown) =>
    ports.log.error('transfers do not follow the power', { error: messageOf(error) })
  powerMonitor.on('suspend', () => {
    ports.log.info('the machine falls asleep')
    suspend().catch(failed)
  })
  powerMonitor.on('resume', () => {
    ports.log.info('the machine is awake')
    wake().catch(failed)
  })
}
