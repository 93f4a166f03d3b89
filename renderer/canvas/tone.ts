/** How the picture is shown, for the eye alone. */
export interface Tone {
  /** -1..1, 0 leaves the picture as it is. */
  brightness: number
  contrast: number
  /** 1 leaves it as it is, more lifts the shadows. */
  gamma: number
}

export const isPlain = ({ brightness, contrast, gamma }: Tone): boolean =>
  brightness === 0 && contrast === 0 && gamma === 1

/** What each channel value 0..255 becomes: gamma first, then contrast about the middle, then brightness. */
export function toneTable({ brightness, contrast, gamma }: Tone): Uint8ClampedArray {
  // A contrast of 1 is a step, of -1 is grey.
  const slope = contrast < 0 ? 1 + contrast : 1 / Math.max(0.004, 1 - contrast)
  return Uint8ClampedArray.from({ length: 256 }, (_, value) => {
    const lifted = (value / 255) ** (1 / gamma)
    return Math.round(((lifted - 0.5) * slope + 0.5 + brightness) * 255)
  })
}

/** The element that holds the filter; see `ToneFilter`. */
export const TONE_FILTER_ID = 'picture-tone'

/** As CSS and the canvas write it: what the picture is drawn through. */
export const filterOf = (tone: Tone): string => (isPlain(tone) ? 'none' : `url(#${TONE_FILTER_ID})`)
