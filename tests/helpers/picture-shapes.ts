/** Widths and heights of pictures as cameras, phones, scanners and panoramas make them. Pixels. */
export const PICTURE_SHAPES: readonly (readonly [number, number])[] = [
  [800, 500],
  [300, 900],
  [1600, 240],
  [640, 640],
  [120, 1200],
]
