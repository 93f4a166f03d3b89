import { rmSync } from 'node:fs'
import { join } from 'node:path'
import openWithSystem from 'open'
import { writePrivateFileSync } from '#core/private-files.ts'

/** The browser has read the file long before. Milliseconds. */
const KEPT_MS = 60_000

/**
 * Opens the app's address in the user's browser. The address contains a token, and every user of the machine can see
 * program arguments; so the browser gets a file that redirects there and that only its owner can read. Rejects if
 * there is no browser.
 */
export async function openInBrowser(
  url: string,
  dataDir: string,
  open: (target: string) => Promise<unknown> = openWithSystem,
): Promise<void> {
  const file = join(dataDir, `open-${process.pid}.html`)
  const address = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  writePrivateFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${address}"><title>Pictograph Desktop</title>`,
  )
  const remove = () => rmSync(file, { force: true })
  process.once('exit', remove)
  setTimeout(remove, KEPT_MS).unref()
  await open(file)
}
