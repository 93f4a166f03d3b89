import { crc32, deflateSync } from 'node:zlib'

// PNG, https://www.w3.org/TR/png-3/: what masks need, colour by palette and plain samples of 8 or 16 bits.

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

/** `kind`: the colour type of PNG, with so many bytes a pixel. `palette`: red, green and blue of each number. */
function png(
  kind: { color: 0 | 2 | 3; depth: 8 | 16 },
  { width, height }: { width: number; height: number },
  rows: (y: number, row: Buffer) => void,
  palette?: readonly (readonly number[])[],
): Uint8Array {
  const pixelBytes = (kind.color === 2 ? 3 : 1) * (kind.depth / 8)
  const stride = width * pixelBytes + 1
  const data = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) rows(y, data.subarray(y * stride + 1, (y + 1) * stride))
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([kind.depth, kind.color, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette.flat()))] : []),
    chunk('IDAT', deflateSync(data)),
    chunk('IEND', new Uint8Array()),
  ])
}

/** Numbers, one for each pixel, row by row. */
export interface Numbered {
  width: number
  height: number
  values: Uint32Array
}

/** Numbers with their colours; at most 256 of them. */
export const palettePng = (image: Numbered, palette: readonly (readonly number[])[]): Uint8Array =>
  png(
    { color: 3, depth: 8 },
    image,
    (y, row) => row.set(image.values.subarray(y * image.width, (y + 1) * image.width)),
    palette,
  )

/** Numbers up to 65,535 as grey of 16 bits. */
export const greyPng = (image: Numbered): Uint8Array =>
  png({ color: 0, depth: 16 }, image, (y, row) => {
    for (let x = 0; x < image.width; x++)
      row.writeUInt16BE(image.values[y * image.width + x], x * 2)
  })

/** Numbers up to 2²⁴ as red + 256 green + 65,536 blue, as COCO panoptic has them. */
export const rgbPng = (image: Numbered): Uint8Array =>
  png({ color: 2, depth: 8 }, image, (y, row) => {
    for (let x = 0; x < image.width; x++)
      row.writeUIntLE(image.values[y * image.width + x], x * 3, 3)
  })
