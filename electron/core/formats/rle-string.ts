/** Runs as COCO's compressed text: five bits a character, as differences from the run two before (maskApi.c). */
export function encodeRleString(counts: readonly number[]): string {
  let text = ''
  for (const [index, count] of counts.entries()) {
    let rest = index > 2 ? count - counts[index - 2] : count
    for (let more = true; more; ) {
      const bits = rest & 0x1f
      rest >>= 5
      // The highest of the five bits is the sign of what would follow.
      more = (bits & 0x10) !== 0 ? rest !== -1 : rest !== 0
      text += String.fromCharCode((more ? bits | 0x20 : bits) + 48)
    }
  }
  return text
}
