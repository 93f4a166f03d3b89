import { registerHooks } from 'node:module'

const NATIVE_ON_LINUX = /^@img\/sharp-linux(musl)?-\w+\/sharp\.node$/

/**
 * Makes `sharp` load its WebAssembly build in Electron on Linux. Electron brings its own GObject there; sharp's
 * native library would bind to it and corrupt memory (sharp's installation guide, "Electron and Linux"). The package
 * leaves the native library out; a checkout has it, so its name is redirected.
 */
function avoidNativeInElectron() {
  if (process.platform !== 'linux' || process.versions.electron === undefined) return
  registerHooks({
    resolve: (specifier, context, next) =>
      next(NATIVE_ON_LINUX.test(specifier) ? '@img/sharp-wasm32/sharp.node' : specifier, context),
  })
}

let loading: ReturnType<typeof load> | null = null

async function load() {
  avoidNativeInElectron()
  const { default: sharp } = await import('sharp')
  // No picture is read twice in a row, so a cache would only waste memory.
  sharp.cache(false)
  return sharp
}

/**
 * The image decoder. It is loaded with the first picture, because startup and plain downloads do not need its 20 MB.
 */
export function loadSharp() {
  loading ??= load()
  return loading
}
