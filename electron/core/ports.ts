import type { UpdateState } from '#shared/contract/updates.ts'
import type { WindowDescription } from '#shared/contract/window.ts'

/** What a host provides; everything else is the same in Electron and in plain Node. */
export interface Ports {
  hostName: 'electron' | 'node'
  appVersion: string
  /** Absolute folder of the database, thumbnails and renditions. */
  dataDir: string
  /** Absolute folder of the app's resources: the sample dataset. */
  resourcesDir: string
  log: Log
  secrets: Secrets
  /** The system's folder dialog, if the host has one; null if the user cancels. */
  pickFolder: ((choice: FolderChoice) => Promise<string | null>) | null
  /** The system's proxy for an address in PAC form (`PROXY proxy:8080; DIRECT`); null: use the environment. */
  resolveProxy: ((url: string) => Promise<string>) | null
  /** Shows a folder in the system's file manager, if the host can. */
  revealFolder: ((path: string) => Promise<void>) | null
  /** Set after the core exists, because updates ask it whether the app may quit; null: none. */
  updates: Updates | null
  startProcess: StartProcess
  /** How the run before this one crashed, e.g. “it ran out of memory”; absent: it did not, or nobody knows. */
  endedBecause?: string
}

/** Runs one of the app's own files (absolute path) as a separate process, without our keys and proxies. */
export type StartProcess = (file: string, args: readonly string[]) => HelperProcess

/** Messages are copied by structured clone, including typed arrays. The process ends with the app. */
export interface HelperProcess {
  /** null: not started yet, or could not start. */
  readonly pid: number | null
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, also if it could not start. `words`: the end of its error output. */
  onExit(
    listener: (end: { code: number | null; signal: string | null; words: string }) => void,
  ): void
  /** Kills it at once, even in native code. Resolves when it has ended. */
  kill(): Promise<void>
}

export interface FolderChoice {
  title: string
  /** The calling window, see `HostWindow`; null: none. */
  windowId: string | null
  /** Absolute folder to start in; null: none was chosen before. */
  from: string | null
}

/** A window of the host; a browser tab has none. */
export interface HostWindow {
  id: string
  describe(description: WindowDescription): void
  openAnother(): void
}

/** Updates of the app, if the host supports them and a feed is configured. */
export interface Updates {
  readonly state: UpdateState
  check(): void
  download(): void
  /** Quits and starts the new version; refused while work would be lost. */
  install(): void
  refuse(): void
}

export interface Log {
  /** The newest lines, oldest first; absent if there are none. */
  tail?(lines: number): string[]
  /** What the log takes on the disk, bytes; absent if it is in no files. */
  bytes?(): number
  /** Deletes all but the file that is being written. */
  clear?(): void
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/** Keys of accounts. They are nowhere else: not in the database, logs or answers to a window. */
export interface Secrets {
  /** null: it does not exist, or can no longer be read. */
  get(name: string): Promise<string | null>
  set(name: string, value: string): Promise<void>
  delete(name: string): Promise<void>
  /** Explains why keys are not stored safely here; null if they are, or if that is not known yet. */
  warning(): Promise<string | null>
}
