/** `npm run emulator`: a local Pictograph service. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { faultSchema } from './faults.ts'
import { DEFAULT_KEYS, startEmulator } from './server.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '7380' },
    'storage-port': { type: 'string', default: '7381' },
    data: { type: 'string' },
    seed: { type: 'boolean', default: false },
    // The plan of the emulated organisation.
    limit: { type: 'string', default: '20000' },
    'max-images': { type: 'string', default: '1000000' },
    'refuse-unknown-classes': { type: 'boolean', default: false },
    fault: { type: 'string', multiple: true },
  },
})
const emulator = await startEmulator({
  dataDir: values.data ?? mkdtempSync(join(tmpdir(), 'pictograph-emulator-')),
  port: Number(values.port),
  storagePort: Number(values['storage-port']),
  seeded: values.seed,
  hourlyLimit: Number(values.limit),
  maxImages: Number(values['max-images']),
  refusesUnknownClasses: values['refuse-unknown-classes'],
})
for (const fault of values.fault ?? []) emulator.faults.add(faultSchema.parse(JSON.parse(fault)))
process.stdout.write(`Pictograph service on ${emulator.url}\n`)
for (const [key, role] of Object.entries(DEFAULT_KEYS)) process.stdout.write(`  ${role}: ${key}\n`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void emulator[Symbol.asyncDispose]().then(() => process.exit(0)))
