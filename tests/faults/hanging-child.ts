/** A process that hangs; its replacement reports that it was restarted. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitForPrevious } from '#hosts/after-previous.ts'
import { watch } from '#hosts/watchdog.ts'

waitForPrevious()
const [folder] = process.argv.slice(2)
const hung = join(folder, 'hung')

function countForever(): never {
  for (let n = 0; ; n++) if (n < 0) break
  throw new Error('unreachable')
}

if (existsSync(hung)) {
  writeFileSync(join(folder, 'begun-again'), String(process.pid))
} else {
  writeFileSync(hung, '')
  watch({
    nameAfterMs: 1_000,
    restartAfterMs: 2_500,
    logFile: join(folder, 'pictograph.log'),
    restart: { program: process.execPath, args: process.argv.slice(1), isAttached: false },
  })
  // The watchdog thread has started.
  setTimeout(countForever, 1_500)
}
