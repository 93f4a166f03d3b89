/**
 * Keeps the app running when its terminal is closed or the reader of its output ends. Writing then fails with EPIPE
 * or EIO as a stream `error`, which would end the process (in Electron: open a dialog for each log line). The log
 * file has the same lines.
 */
export function outliveTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
