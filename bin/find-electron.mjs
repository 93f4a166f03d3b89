// Finds Electron's executable, and checks whether it can show a window on this machine.
import { createRequire } from 'node:module'
import { sandboxProblem } from './sandbox.mjs'

/**
 * Electron's executable, fetched when it is missing; or, as a sentence, why there can be no window.
 * @param {readonly string[]} args what Electron is to be given
 * @returns {{ executable: string, because?: undefined } | { executable?: undefined, because: string }}
 */
export function findElectron(args) {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return { because: 'There is no display for a window.' }
  let executable
  try {
    executable = createRequire(import.meta.url)('electron')
  } catch {
    return { because: "Electron's binary is missing and could not be fetched." }
  }
  const because = sandboxProblem(executable, args)
  return because === null ? { executable } : { because }
}
