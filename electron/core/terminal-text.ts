/**
 * What a terminal obeys instead of showing it: controls of both sets (escape sequences begin with them), marks that turn
 * the direction of writing around, and line ends of Unicode. Tab and line feed are not among them.
 */
const OBEYED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const escaped = (text: string) =>
  text.replace(OBEYED, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Lines for a terminal, in which names of files and texts of a service only show what they are. */
export function terminalLines(text: string): string {
  return escaped(text)
}

/** The same for what has to stay in one line: a line feed in a name must not begin one that looks like ours. */
export function terminalLine(text: string): string {
  return escaped(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

/** JSON that a terminal shows and does not obey: what is escaped is the same when it is read. */
export function terminalJson(value: unknown): string {
  return escaped(JSON.stringify(value) ?? 'null')
}
