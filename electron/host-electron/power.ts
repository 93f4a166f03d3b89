import { powerMonitor } from 'electron'
import type { AppCore } from '#core/app-core.ts'

/** Before the machine falls asleep transfers are parked: their connections would break. Afterwards they go on. */
export function followPower({ suspend, wake, ports }: Pick<AppCore, 'suspend' | 'wake' | 'ports'>) {
  powerMonitor.on('suspend', () => {
    ports.log.info('the machine falls asleep')
    void suspend()
  })
  powerMonitor.on('resume', () => {
    ports.log.info('the machine is awake')
    void wake()
  })
}
