/** Variables that a process needs to find libraries, its temporary folder, its language and Node's cache of compiled code. */
const NEEDED =
  /^(PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_.*|LD_LIBRARY_PATH|SYSTEMROOT|WINDIR|APPDATA|LOCALAPPDATA|USERPROFILE|NODE_COMPILE_CACHE)$/i

/** The environment without keys, proxies and Node options. */
export function bareEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const bare: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment))
    if (NEEDED.test(name) && value !== undefined) bare[name] = value
  return bare
}

/** Maximum characters to keep of a process's error output. */
const MOST_WORDS = 8_000

/** Keeps the end of a process's error output. */
export function lastWords(stream: NodeJS.ReadableStream | null): {
  readonly words: string
  readonly isOver: boolean
} {
  let words = ''
  let isOver = stream === null
  stream?.once('close', () => {
    isOver = true
  })
  stream?.setEncoding('utf8')
  stream?.on('data', (text: string) => {
    words = (words + text).slice(-MOST_WORDS)
  })
  return {
    get words() {
      return words
    },
    get isOver() {
      return isOver
    },
  }
}
