import { TONE_FILTER_ID, type Tone, toneTable } from '#renderer/canvas/tone.ts'

/**
 * The filter that shows the picture in another tone: the picture's layer and the loupe refer to it. `discrete` with a
 * value for each of the 256 that a channel has is the table itself, with nothing between.
 */
export function ToneFilter({ tone }: { tone: Tone }) {
  // Browsers truncate, so each value is placed in the middle of its step.
  const values = Array.from(toneTable(tone), (value) => Math.min(1, (value + 0.5) / 255)).join(' ')
  return (
    <svg width="0" height="0" className="absolute" aria-hidden="true">
      <filter id={TONE_FILTER_ID} colorInterpolationFilters="sRGB">
        <feComponentTransfer>
          <feFuncR type="discrete" tableValues={values} />
          <feFuncG type="discrete" tableValues={values} />
          <feFuncB type="discrete" tableValues={values} />
        </feComponentTransfer>
      </filter>
    </svg>
  )
}
