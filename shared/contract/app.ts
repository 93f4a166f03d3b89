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
      /** Stays the same for the lifetime of the library. */
      libraryId: id,
      canPickFolder: z.boolean(),
      canReveal: z.boolean(),
      /** The host's window of this page; null: a browser tab. */
      windowId: z.string().nullable(),
    }),
  ),
  /** The folder, image or link that a new page should open; returned once. */
  takeOpenTarget: procedure.output(z.string().nullable()),
  /** Answers at once while the core responds. */
  ping: procedure.output(z.void()),
  /** For the system's menu and title bar. */
  describeWindow: procedure.input(windowDescriptionSchema).output(z.void()),
  newWindow: procedure.output(z.void()),
  /** Information for support, as text without secrets. */
  diagnostics: procedure.output(z.string()),
  /** An error of the page, for the log. */
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

/** The network route to the service. */
export const network = {
  /** For an address: the proxy in use, without its login, and the proxy that has a stored login; null: none. */
  describe: procedure
    .input(z.object({ url: z.url() }))
    .output(z.object({ proxy: z.string().nullable(), loginFor: z.string().nullable() })),
  /** Name and password for a proxy (host and port), sent only to it; null deletes them. */
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
