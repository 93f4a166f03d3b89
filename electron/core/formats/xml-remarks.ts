const REMARKS = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
  ['<!', '>'],
] as const

/**
 * Where a comment, CDATA section, instruction or declaration that begins at `at` ends; the end of the text where it has
 * none. A regular expression would go to the end of the text for each one that is open.
 */
export function remarkEnd(text: string, at: number): number {
  const [begin, end] = REMARKS.find(([one]) => text.startsWith(one, at)) ?? ['', '>']
  const found = text.indexOf(end, at + begin.length)
  return found < 0 ? text.length : found + end.length
}
