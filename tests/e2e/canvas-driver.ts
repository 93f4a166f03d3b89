import { expect, type Page } from '@playwright/test'
import sharp from 'sharp'
import type { Point } from '#shared/model/annotation.ts'

type Modifier = 'Alt' | 'Shift' | 'ControlOrMeta'

/** Free space around a fitted image in screen pixels, as in renderer/canvas/viewport.ts. */
const FIT_MARGIN = 24

/** Draws like a user, in image pixels. The image must be fitted (it is, when first opened). */
export class Canvas {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  get #element() {
    return this.#page.locator('[data-canvas]')
  }

  async ready(): Promise<void> {
    await this.#page.locator('[data-canvas][data-ready=true]').waitFor()
  }

  /** The place of an image pixel on the page. */
  async at({ x, y }: Point): Promise<Point> {
    const box = await this.#element.boundingBox()
    const size = await this.#page
      .locator('footer')
      .getByText(/^\d+ × \d+$/)
      .textContent()
    const [width, height] = (size ?? '').split(' × ').map(Number)
    if (!box) throw new Error('There is no canvas')
    const scale = Math.min(
      64,
      (box.width - 2 * FIT_MARGIN) / width,
      (box.height - 2 * FIT_MARGIN) / height,
    )
    return {
      x: box.x + box.width / 2 + (x - width / 2) * scale,
      y: box.y + box.height / 2 + (y - height / 2) * scale,
    }
  }

  async click(
    x: number,
    y: number,
    options: { modifiers?: readonly Modifier[] } = {},
  ): Promise<void> {
    const at = await this.at({ x, y })
    for (const key of options.modifiers ?? []) await this.#page.keyboard.down(key)
    await this.#page.mouse.click(at.x, at.y)
    for (const key of options.modifiers ?? []) await this.#page.keyboard.up(key)
  }

  async doubleClick(x: number, y: number): Promise<void> {
    const at = await this.at({ x, y })
    await this.#page.mouse.dblclick(at.x, at.y)
  }

  async drag(
    from: [number, number],
    to: [number, number],
    { modifiers = [] }: { modifiers?: readonly Modifier[] } = {},
  ): Promise<void> {
    const half: [number, number] = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]
    for (const key of modifiers) await this.#page.keyboard.down(key)
    await this.dragAlong([from, half, to])
    for (const key of modifiers) await this.#page.keyboard.up(key)
  }

  /** Presses at the first point, moves through the others, releases at the last. */
  async dragAlong(path: readonly (readonly [number, number])[]): Promise<void> {
    for (const [index, [x, y]] of path.entries()) {
      const at = await this.at({ x, y })
      await this.#page.mouse.move(at.x, at.y)
      if (index === 0) await this.#page.mouse.down()
    }
    await this.#page.mouse.up()
  }

  async move(x: number, y: number): Promise<void> {
    const at = await this.at({ x, y })
    await this.#page.mouse.move(at.x, at.y)
  }

  /** The colours on screen at image pixels, as #rrggbb. */
  async colors(...points: readonly [number, number][]): Promise<string[]> {
    const places = await Promise.all(points.map(([x, y]) => this.at({ x, y })))
    const { data, info } = await sharp(await this.#page.screenshot())
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    return places.map(({ x, y }) => {
      const start = (Math.floor(y) * info.width + Math.floor(x)) * 3
      return `#${data.subarray(start, start + 3).toString('hex')}`
    })
  }

  async saved(): Promise<void> {
    await expect(this.#page.locator('[data-save]')).toHaveText('Saved')
  }

  /** The status line. */
  get hint() {
    return this.#page.locator('[data-hint]')
  }

  /** A class in its panel. */
  classRow(name: string) {
    return this.#page
      .getByRole('region', { name: 'Classes' })
      .getByRole('listitem')
      .filter({ has: this.#page.getByText(name, { exact: true }) })
  }

  async openClassSettings(name: string): Promise<void> {
    await this.classRow(name).hover()
    await this.#page.getByRole('button', { name: `Attributes and skeleton of ${name}` }).click()
  }

  get list() {
    return this.#page.getByRole('list', { name: /annotations?$/ }).getByRole('listitem')
  }
}
