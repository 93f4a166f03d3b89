import { expect, type Page } from '@playwright/test'
import type { Point } from '#shared/model/annotation.ts'

/** As in renderer/canvas/viewport.ts: free space around a fitted image, screen pixels. */
const FIT_MARGIN = 24

/** Draws as a person does, in image pixels. The image must be fitted (it is, when first opened). */
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

  /** Where an image pixel lies on the page. */
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
    options: { modifiers?: ('Alt' | 'Shift' | 'ControlOrMeta')[] } = {},
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

  async drag(from: [number, number], to: [number, number]): Promise<void> {
    const [a, b] = [
      await this.at({ x: from[0], y: from[1] }),
      await this.at({ x: to[0], y: to[1] }),
    ]
    await this.#page.mouse.move(a.x, a.y)
    await this.#page.mouse.down()
    await this.#page.mouse.move((a.x + b.x) / 2, (a.y + b.y) / 2)
    await this.#page.mouse.move(b.x, b.y)
    await this.#page.mouse.up()
  }

  async saved(): Promise<void> {
    await expect(this.#page.locator('[data-save]')).toHaveText('Saved')
  }

  /** The status line. */
  get hint() {
    return this.#page.locator('[data-hint]')
  }

  get list() {
    return this.#page.getByRole('list', { name: /annotations$/ }).getByRole('listitem')
  }
}
