import type { UpdateState } from '#shared/contract/updates.ts'
import type { WindowDescription } from '#shared/contract/window.ts'

/** What a host brings; everything else is the same in Electron and in plain Node. */
export interface Ports {
  hostName: 'electron' | 'node'
  appVersion: string
  /** Absolute folder of the database, thumbnails and renditions. */
  dataDir: string
  /** Absolute folder of what ships with the app: the sample dataset. */
  resourcesDir: string
  log: Log
  secrets: Secrets
  /** The system's folder dialog, where the host has one; null when the person cancels. */
  pickFolder: ((choice: FolderChoice) => Promise<string | null>) | null
  /** The system's proxy for an address, as a PAC file answers (`PROXY proxy:8080; DIRECT`); null: the environment says. */
  resolveProxy: ((url: string) => Promise<string>) | null
  /** Shows a folder in the system's file manager, where the host can. */
  revealFolder: ((path: string) => Promise<void>) | null
  /** Set once the core is there, which they ask whether the app may be ended; null: none. */
  updates: Updates | null
  startProcess: StartProcess
}

/** Runs one of the app's own files (absolute) as a process of its own, which knows no key and no proxy of ours. */
export type StartProcess = (file: string, args: readonly string[]) => HelperProcess

/** Messages are copied as the structured clone does, typed arrays included. It ends when the app ends. */
export interface HelperProcess {
  /** null: it has not begun yet, or could not. */
  readonly pid: number | null
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Once; also when it could not begin. `words`: the last that it wrote to its error output. */
  onExit(
    listener: (end: { code: number | null; signal: string | null; words: string }) => void,
  ): void
  /** At once, even in the middle of native code. Resolves when it has ended. */
  kill(): Promise<void>
}

export interface FolderChoice {
  title: string
  /** The window that asks, see `HostWindow`; null: none. */
  windowId: string | null
  /** Absolute folder to begin in; null: none was chosen before. */
  from: string | null
}

/** What a window of the host can be told; behind a browser's tab there is none. */
export interface HostWindow {
  id: string
  describe(description: WindowDescription): void
  openAnother(): void
}

/** New versions of the app, where the host can bring them and a feed is configured. */
export interface Updates {
  readonly state: UpdateState
  check(): void
  download(): void
  /** Ends the app and starts the new one; refused while something would be cut off. */
  install(): void
  refuse(): void
}

export interface Log {
  /** Its newest lines, oldest first; where it keeps any. */
  tail?(lines: number): string[]
  info(message: string, fields?: Record<string, unknown>): void
  warn(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/** Keys of accounts. They are nowhere else: not in the database, in logs or in answers to a window. */
export interface Secrets {
  /** null: there is none, or it can no longer be read. */
  get(name: string): Promise<string | null>
  set(name: string, value: string): Promise<void>
  delete(name: string): Promise<void>
  /** Why they are not well kept here, in words; null when they are, or when that is not known yet. */
  warning(): Promise<string | null>
}
