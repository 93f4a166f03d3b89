/** How the picture is displayed; the image itself does not change. */
export interface Tone {
  /** -1..1, 0 is unchanged. */
  brightness: number
  contrast: number
  /** 1 is unchanged, more brightens the shadows. */
  gamma: number
}

export const isPlain = ({ brightness, contrast, gamma }: Tone): boolean =>
  brightness === 0 && contrast === 0 && gamma === 1

/** Maps each channel value 0..255: gamma first, then contrast around the middle, then brightness. */
export function toneTable({ brightness, contrast, gamma }: Tone): Uint8ClampedArray {
  // A contrast of 1 is a step, -1 is grey.
  const slope = contrast < 0 ? 1 + contrast : 1 / Math.max(0.004, 1 - contrast)
  return Uint8ClampedArray.from({ length: 256 }, (_, value) => {
    const lifted = (value / 255) ** (1 / gamma)
    return Math.round(((lifted - 0.5) * slope + 0.5 + brightness) * 255)
  })
}

/** The id of the element with the filter; see `ToneFilter`. */
export const TONE_FILTER_ID = 'picture-tone'

/** The filter of the picture as CSS and the canvas write it. */
export const filterOf = (tone: Tone): string => (isPlain(tone) ? 'none' : `url(#${TONE_FILTER_ID})`)
