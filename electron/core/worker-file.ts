import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A worker's file: beside its caller in the source, beside the entry points in the build. */
export function workerFile(name: string, callerDir: string): string {
  const places = [
    join(callerDir, `${name}.ts`),
    join(callerDir, `${name}.js`),
    join(callerDir, '..', `${name}.js`),
  ]
  return places.find(existsSync) ?? places[0]
}
