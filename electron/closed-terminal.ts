/**
 * Lets the app go on when the terminal that it was started from is closed, or when what reads its output has ended.
 * Writing then fails with EPIPE or EIO as an `error` of the stream, which would end the process (in Electron: open a
 * dialog for each line of the log). The log file has the same lines.
 */
export function outliveTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
