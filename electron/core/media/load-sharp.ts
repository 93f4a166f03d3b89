/** The decoder, loaded when the first picture is read: neither the start nor a plain download needs its 20 MB. */
export async function loadSharp() {
  const { default: sharp } = await import('sharp')
  // No picture is read twice in a row here: what it would keep is memory alone.
  sharp.cache(false)
  return sharp
}
