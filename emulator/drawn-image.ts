import sharp from 'sharp'

/** The pictures repeat after this many numbers. */
const DIFFERENT = 1_800
const drawn = new Map<number, Promise<Buffer>>()

/** A distinct small JPEG for each number, drawn on first use. Read-only. */
export function drawnImage(number: number): Promise<Buffer> {
  const own = number % DIFFERENT
  const known = drawn.get(own)
  if (known) return known
  const drawing = draw(own)
  drawn.set(own, drawing)
  return drawing
}

function draw(number: number): Promise<Buffer> {
  const hue = (number * 47) % 360
  const size = 20 + (number % 30)
  const { width, height } = drawnSize(number)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="${width}" height="${height}" fill="hsl(${hue} 50% 30%)"/>
    <circle cx="${30 + (number % 100)}" cy="60" r="${size}" fill="hsl(${(hue + 150) % 360} 70% 60%)"/>
  </svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 70 }).toBuffer()
}

/** Landscapes, portraits, a panorama and a square, because viewers must handle all of them. Pixels. */
const SIZES = [
  { width: 160, height: 120 },
  { width: 120, height: 200 },
  { width: 320, height: 100 },
  { width: 140, height: 140 },
  { width: 110, height: 260 },
]

/** Approximate size of each file. */
export const DRAWN_BYTES = 2_000

export const drawnSize = (number: number): { width: number; height: number } =>
  SIZES[number % SIZES.length]
