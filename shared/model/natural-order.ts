const ZERO = '0'.charCodeAt(0)

/**
 * A key whose code-unit order is the natural order of paths: digits compare as numbers, case only decides ties, and a
 * folder's own files come before its subfolders' neighbours. A run of digits becomes its length (two digits) and its
 * digits without leading zeros, so that `img2` < `img10`.
 */
export function naturalKey(path: string): string {
  const folded = path.normalize('NFC').toLowerCase()
  const key = folded.replace(/\d+/g, (digits) => {
    const trimmed = digits.charCodeAt(0) === ZERO ? digits.replace(/^0+(?=\d)/, '') : digits
    const length = Math.min(trimmed.length, 99)
    return length < 10 ? `0${length}${trimmed}` : `${length}${trimmed}`
  })
  // '/' sorts below every printable character, so that `a/x` precedes `a b/x`.
  return `${key.replaceAll('/', '\u0001')}\u0000${path}`
}
