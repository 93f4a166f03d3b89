// Checks whether Electron's sandbox can start on this machine. If it cannot, Electron dies by a signal without an
// explanation.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const PROFILES = '/etc/apparmor.d'

function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function filesIn(folder) {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** The system calls of the checks; tests replace them. */
export const thisSystem = {
  platform: process.platform,
  /** The user's id; null if there is none (Windows). */
  uid: process.getuid?.() ?? null,
  /** A file's text, trimmed; null if it cannot be read. */
  read: (path) => textOf(path)?.trim() ?? null,
  /**
   * Owner and mode of a file; null when it is not there.
   * @returns {{ uid: number, mode: number } | null}
   */
  stat: (path) => statSync(path, { throwIfNoEntry: false }) ?? null,
  /** Whether an ordinary process can create a user namespace; null if that cannot be tried. */
  makesNamespaces: () => {
    const { status, error } = spawnSync('unshare', ['--user', '--map-root-user', 'true'], {
      stdio: 'ignore',
    })
    return error ? null : status === 0
  },
  /** Whether an AppArmor profile names this program; Ubuntu grants namespaces through such profiles. */
  hasProfile: (program) => filesIn(PROFILES).some((file) => textOf(file)?.includes(program)),
  /** Electron's own switch for environments without a sandbox, the same as `--no-sandbox`. */
  isDisabled: 'ELECTRON_DISABLE_SANDBOX' in process.env,
}

/** Why user namespaces are unavailable, or null. */
function namespaceProblem(executable, system) {
  const setting = (name) => system.read(`/proc/sys/${name.replaceAll('.', '/')}`)
  for (const name of ['kernel.unprivileged_userns_clone', 'user.max_user_namespaces'])
    if (setting(name) === '0') return `${name} is 0`
  const restriction = 'kernel.apparmor_restrict_unprivileged_userns'
  // Ubuntu 23.10 and newer: a namespace can be created, but has no rights unless a profile grants them.
  if (setting(restriction) === '1')
    return system.hasProfile(executable) ? null : `${restriction} is 1`
  return system.makesNamespaces() === false ? 'this system refuses user namespaces' : null
}

/** The setuid helper works if it belongs to root, has the setuid bit and everybody may run it. */
function hasSetuidHelper(helper, system) {
  const info = system.stat(helper)
  return info !== null && info.uid === 0 && (info.mode & 0o4001) === 0o4001
}

/** Why Electron's sandbox cannot start, and what to do; null if it can, or if it is switched off. */
export function sandboxProblem(executable, args, system = thisSystem) {
  if (system.platform !== 'linux' || system.isDisabled || args.includes('--no-sandbox')) return null
  if (system.uid === 0)
    return 'Electron does not run as root. Start the app as an ordinary user to get a window.'
  const helper = join(dirname(executable), 'chrome-sandbox')
  if (hasSetuidHelper(helper, system)) return null
  const problem = namespaceProblem(executable, system)
  if (problem === null) return null
  const setUp = `sudo chown root:root '${helper}' && sudo chmod 4755 '${helper}'`
  return `Electron's sandbox cannot start: ${problem}. To get a window, run once: ${setUp}.`
}
