import { registerHooks } from 'node:module'

const NATIVE_ON_LINUX = /^@img\/sharp-linux(musl)?-\w+\/sharp\.node$/

/**
 * Lets `sharp` load its WebAssembly build in Electron on Linux. Electron brings a GObject of its own there; sharp's
 * native library would bind to it and corrupt memory (sharp's installation guide, "Electron and Linux").
 * The package leaves the native library out; in a checkout it is installed, so its name is led elsewhere.
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
  // No picture is read twice in a row here, so a cache would only hold memory.
  sharp.cache(false)
  return sharp
}

/** The image decoder. It is loaded with the first picture: neither the start nor a plain download needs its 20 MB. */
export function loadSharp() {
  loading ??= load()
  return loading
}
