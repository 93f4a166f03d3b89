import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { appEventSchema } from './events.ts'
import { id, procedure } from './procedure.ts'
import { settingsSchema } from './settings.ts'
import { updateStateSchema } from './updates.ts'
import { windowDescriptionSchema } from './window.ts'

export const app = {
  info: procedure.output(
    z.object({
      version: z.string(),
      host: z.enum(['electron', 'node']),
      dataDir: z.string(),
      /** Stays the same for as long as the library does. */
      libraryId: id,
      canPickFolder: z.boolean(),
      canReveal: z.boolean(),
      /** Of the host's window around this page; null: a browser's tab. */
      windowId: z.string().nullable(),
    }),
  ),
  /** A folder, image or link that the next page is to open; answered once. */
  takeOpenTarget: procedure.output(z.string().nullable()),
  /** Answers at once, for as long as the engine answers at all. */
  ping: procedure.output(z.void()),
  /** For the system's menu and title bar. */
  describeWindow: procedure.input(windowDescriptionSchema).output(z.void()),
  newWindow: procedure.output(z.void()),
  /** What somebody who is to help needs to know, as text without secrets. */
  diagnostics: procedure.output(z.string()),
  /** A fault of the page, for the log. */
  logFault: procedure
    .input(
      z.object({
        where: z.string().max(200),
        message: z.string().max(8_000),
        stack: z.string().max(8_000),
      }),
    )
    .output(z.void()),
  update: procedure.output(updateStateSchema),
  changeUpdate: procedure
    .input(z.object({ step: z.enum(['check', 'download', 'install', 'refuse']) }))
    .output(z.void()),
  events: procedure.output(eventIterator(appEventSchema)),
}

/** How this machine reaches the service. */
export const network = {
  /** For an address: the proxy that is used, without its login, and the one that a login is kept for; null: none. */
  describe: procedure
    .input(z.object({ url: z.url() }))
    .output(z.object({ proxy: z.string().nullable(), loginFor: z.string().nullable() })),
  /** The name and the password that a proxy (host and port) asks for, and only this one is told; null forgets them. */
  setLogin: procedure.input(
    z.object({
      login: z.object({ proxy: z.string(), user: z.string(), password: z.string() }).nullable(),
    }),
  ),
}

export const settings = {
  get: procedure.output(settingsSchema),
  set: procedure.input(settingsSchema.partial()).output(settingsSchema),
}
