/**
 * Runs the built main process, out/main/main.js, with a fake `electron` whose windows are pages of a real Chromium.
 * The parent sends functions to run beside it.
 */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = join(import.meta.dirname, '../..')
const FAKE = pathToFileURL(join(import.meta.dirname, 'electron.ts')).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: FAKE, shortCircuit: true } : next(specifier, context),
})
// As in Electron: the program, the app's folder in a checkout, the arguments.
process.argv = [process.execPath, ROOT, ...process.argv.slice(2)]
Object.defineProperty(process, 'resourcesPath', { value: join(ROOT, 'out') })

const electron = await import('./electron.ts')
const state = await import('./state.ts')

process.on('message', ({ id, source, given }: { id: number; source: string; given: unknown }) => {
  // biome-ignore lint/security/noGlobalEval: the parent's own function
  const work = globalThis.eval(`(${source})`)
  Promise.resolve()
    .then(() =>
      work(
        { electron, state, pages: electron.BrowserWindow.getAllWindows().map(({ page }) => page) },
        given,
      ),
    )
    .then(
      (result) => process.send?.({ id, result: result ?? null }),
      (error: unknown) =>
        process.send?.({ id, error: String(error instanceof Error ? error.stack : error) }),
    )
})

// Electron loads the entry module before `ready`.
await import(pathToFileURL(join(ROOT, 'out/main/main.js')).href)
electron.app.begin()
process.send?.({ begun: true })
