/**
 * Characters that control a terminal: both control sets (escape sequences begin with them), marks that change the
 * direction of writing, and Unicode line ends. Not tab and line feed.
 */
const OBEYED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const escaped = (text: string) =>
  text.replace(OBEYED, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Lines for a terminal in which file names and texts of a service cannot control it. */
export function terminalLines(text: string): string {
  return escaped(text)
}

/** The same for a single line: a line feed in a name must not start a line that looks like ours. */
export function terminalLine(text: string): string {
  return escaped(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/** JSON that cannot control a terminal; it parses to the same value. */
export function terminalJson(value: unknown): string {
  return escaped(JSON.stringify(value) ?? 'null')
}
