export interface BitmapHeader {
  width: number
  height: number
  /** Bits per pixel. */
  bits: number
  /** 0: none (BI_RGB). */
  compression: number
  isTopDown: boolean
  /** Offset of the palette in the file. */
  paletteAt: number
  paletteEntryBytes: number
}

/** The header of a Windows bitmap: BITMAPCOREHEADER or BITMAPINFOHEADER, [MS-WMF] 2.2.2. Null: the file is no bitmap. */
export function bitmapHeader(head: Buffer): BitmapHeader | null {
  if (head.length < 30 || head.toString('latin1', 0, 2) !== 'BM') return null
  const headerBytes = head.readUInt32LE(14)
  const isCore = headerBytes === 12
  const width = isCore ? head.readUInt16LE(18) : head.readInt32LE(18)
  // A negative height means that the rows run from top to bottom.
  const signedHeight = isCore ? head.readUInt16LE(20) : head.readInt32LE(22)
  const height = Math.abs(signedHeight)
  if (!(width > 0 && height > 0)) return null
  return {
    ...{ width, height },
    bits: head.readUInt16LE(isCore ? 24 : 28),
    compression: isCore || head.length < 34 ? 0 : head.readUInt32LE(30),
    isTopDown: signedHeight < 0,
    paletteAt: 14 + headerBytes,
    paletteEntryBytes: isCore ? 3 : 4,
  }
}
