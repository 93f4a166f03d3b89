import type { AnnotationClass } from '#shared/model/annotation-class.ts'

const UNKNOWN_CLASS_COLOR = '#9ca3af'

/** Colours by class name; an unknown class is grey. */
export function classColors(classes: readonly AnnotationClass[]): (name: string) => string {
  const colors = new Map(classes.map(({ name, color }) => [name, color]))
  return (name) => colors.get(name) ?? UNKNOWN_CLASS_COLOR
}

/** `#rrggbb` with an opacity of 0..1. */
export function withOpacity(color: string, opacity: number): string {
  const alpha = Math.round(Math.min(1, Math.max(0, opacity)) * 255)
  return `${color}${alpha.toString(16).padStart(2, '0')}`
}

/** Black or white, whichever is more readable on the colour (WCAG relative luminance). */
export function inkOn(color: string): string {
  const channel = (start: number) => {
    const value = Number.parseInt(color.slice(start, start + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
  return luminance > 0.179 ? '#000000' : '#ffffff'
}
