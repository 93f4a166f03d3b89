import type { PictureFeed, Tensor } from './tensor.ts'

/** The tensor that a model gets of a picture; `type`: `uint8` is as the values come out, rounded. */
export function pictureTensor(feed: PictureFeed, type: 'float32' | 'uint8' = 'float32'): Tensor {
  const { canvas, pixels, width, height, layout } = feed
  if (pixels.length !== width * height * 3)
    throw new RangeError(
      `a picture of ${width} × ${height} has ${width * height * 3} bytes, not ${pixels.length}`,
    )
  if (
    canvas.x < 0 ||
    canvas.y < 0 ||
    canvas.x + width > canvas.width ||
    canvas.y + height > canvas.height
  )
    throw new RangeError('the picture does not lie on its canvas')
  const area = canvas.width * canvas.height
  const data = type === 'uint8' ? new Uint8Array(area * 3) : new Float32Array(area * 3)
  const isPlanar = layout === 'nchw'
  const pixelStep = isPlanar ? 1 : 3
  for (let channel = 0; channel < 3; channel++) {
    const source = feed.order === 'rgb' ? channel : 2 - channel
    const values = byValue(feed.mean[source] ?? 0, feed.deviation[source] ?? 1, type)
    const start = isPlanar ? channel * area : channel
    const fill = 'after' in feed.fill ? feed.fill.after : (values[feed.fill.before] ?? 0)
    // Most canvases are covered for the most part: filling what lies beside alone would save little.
    if (area > width * height)
      for (let at = start, end = start + area * pixelStep; at < end; at += pixelStep)
        data[at] = fill
    for (let row = 0; row < height; row++) {
      let to = start + ((canvas.y + row) * canvas.width + canvas.x) * pixelStep
      let from = row * width * 3 + source
      for (let column = 0; column < width; column++, to += pixelStep, from += 3)
        data[to] = values[pixels[from] ?? 0] ?? 0
    }
  }
  const size = [canvas.height, canvas.width]
  const dims =
    layout === 'nchw' ? [1, 3, ...size] : layout === 'nhwc' ? [1, ...size, 3] : [...size, 3]
  return { type, dims, data }
}

/** What each value of a byte becomes. */
function byValue(mean: number, deviation: number, type: 'float32' | 'uint8'): Float32Array {
  return Float32Array.from({ length: 256 }, (_, value) => {
    const becomes = (value - mean) / deviation
    return type === 'uint8' ? Math.round(becomes) : becomes
  })
}
