import type { Annotation, Point, Shape } from '#shared/model/annotation.ts'

export interface Scene {
  width: number
  height: number
  svg: string
  annotations: Annotation[]
}

/** Labels of a scene, with the same ids in each run. */
export class Labels {
  readonly list: Annotation[] = []
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  add(className: string, shape: Shape, fields: Partial<Annotation> = {}): void {
    this.list.push({ id: this.#id(), className, shape, confidence: 1, attributes: {}, ...fields })
  }

  #id(): string {
    const hex = (digits: number) =>
      Array.from({ length: digits }, () => Math.floor(this.#random() * 16).toString(16)).join('')
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
  }
}

/** Rounds to a quarter of a pixel, which files write without long decimals. */
export function quarter(value: number): number {
  return Math.round(value * 4) / 4
}

export function rounded({ x, y }: Point): Point {
  return { x: quarter(x), y: quarter(y) }
}

export function pathOf(points: readonly Point[], closed = true): string {
  return `M${points.map(({ x, y }) => `${x} ${y}`).join('L')}${closed ? 'Z' : ''}`
}

export function svgOf(width: number, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`
}

export function between(random: () => number, low: number, high: number): number {
  return low + random() * (high - low)
}

export function pick<T>(random: () => number, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]
}
